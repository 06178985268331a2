/**
 * What the server's process and the one that reads say to each other. The server takes the words of the other for hostile.
 * That one has nobody to take orders from but the server, and loads no schemas: they would take half of its start.
 */
import { z } from "zod";
import { EXTRACTION_FAILURES } from "./extraction.ts";
import type { Limits } from "./limits.ts";

export type ToReader =
  | {
      type: "open";
      path: string;
      filename: string;
      mediaType: string | null;
      recognize: boolean;
      limits: Limits;
    }
  /** A file of this type is likely to come: what reads it may be loaded. */
  | { type: "expect"; fileType: string }
  /** Begin anew at this page. What an earlier `run` still sends is not listened to. */
  | { type: "pages"; run: number; from: number }
  /** One more page of a run was taken. */
  | { type: "taken"; run: number };

const heading = z.object({ title: z.string(), level: z.number().int(), page: z.number().int() });

export const fromReader = z.discriminatedUnion("type", [
  z.object({ type: z.literal("ready") }),
  z.object({
    type: z.literal("facts"),
    facts: z.object({
      fileType: z.string(),
      mediaType: z.string(),
      encoding: z.string().nullable(),
      paged: z.boolean(),
      pageCount: z.number().int().min(0),
      title: z.string().nullable(),
      author: z.string().nullable(),
      properties: z.record(z.string(), z.string()),
      outline: z.array(heading),
    }),
  }),
  z.object({
    type: z.literal("page"),
    run: z.number(),
    page: z.object({
      index: z.number().int().min(0),
      name: z.string().nullable(),
      content: z.string(),
      recognized: z.boolean(),
    }),
  }),
  z.object({ type: z.literal("end"), run: z.number() }),
  /** It looks at a picture from now on, or has done so. */
  z.object({ type: z.literal("recognizing"), busy: z.boolean() }),
  z.object({ type: z.literal("warning"), code: z.string(), message: z.string() }),
  z.object({ type: z.literal("failed"), failure: z.enum(EXTRACTION_FAILURES), message: z.string() }),
]);
export type FromReader = z.infer<typeof fromReader>;
