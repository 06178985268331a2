/**
 * What a task remembers of the worker that claimed it last: who may still hand in work that is late, and whether what is
 * handed in has been handed in before.
 */
import { z } from "zod";
import { time } from "./time.ts";

/** `key` is the API key of whoever claimed it: nobody else has a part in it. Absent where an older version gave it. */
export const lease = z.strictObject({ worker: z.string(), until: time, key: z.string().optional() });
export type Lease = z.infer<typeof lease>;

/** `handedIn` is the SHA-256 of how this worker ended its attempt; null while it has not. */
export const lastClaim = z.strictObject({
  worker: z.string(),
  handedIn: z.string().nullable(),
  key: z.string().optional(),
});

/** A worker that ends its attempt, with the key that it comes with, and the SHA-256 of how. */
export type HandIn = { worker: string; hash: string; key?: string | undefined };

/** Leases of a task that run out before it fails, however its retries are set. */
export const LEASES_LOST_MAX = 5;
