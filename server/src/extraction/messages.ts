/** What the server's process and the one that reads say to each other. Each side takes the other's words for hostile. */
import { z } from "zod";
import { EXTRACTION_FAILURES } from "./extraction.ts";
import { limits } from "./limits.ts";

export const toReader = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("open"),
    path: z.string(),
    filename: z.string(),
    mediaType: z.string().nullable(),
    recognize: z.boolean(),
    limits,
  }),
  /** A file of this type is likely to come: what reads it may be loaded. */
  z.object({ type: z.literal("expect"), fileType: z.string() }),
  /** Begin anew at this page. What an earlier `run` still sends is not listened to. */
  z.object({ type: z.literal("pages"), run: z.number(), from: z.number() }),
  /** One more page of a run was taken. */
  z.object({ type: z.literal("taken"), run: z.number() }),
]);
export type ToReader = z.infer<typeof toReader>;

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

/** Pages that are sent before the first of them was taken. */
const PAGES_AHEAD_MAX = 8;
/** Of those pages: one more is sent while they have fewer. */
const CHARACTERS_AHEAD_MAX = 1_000_000;

/** No more is sent before one of these pages, known by their lengths, was taken. */
export function isFull(lengths: readonly number[]): boolean {
  const characters = lengths.reduce((sum, length) => sum + length, 0);
  return lengths.length >= PAGES_AHEAD_MAX || characters >= CHARACTERS_AHEAD_MAX;
}
