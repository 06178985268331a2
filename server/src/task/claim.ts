/**
 * What a task remembers of the worker that claimed it last: who may still hand in work that is late, and whether what is
 * handed in has been handed in before.
 */
import { z } from "zod";

export const lease = z.strictObject({ worker: z.string(), until: z.int().nonnegative() });

/** `handedIn` is the SHA-256 of how this worker ended its attempt; null while it has not. */
export const lastClaim = z.strictObject({ worker: z.string(), handedIn: z.string().nullable() });

/** A worker that ends its attempt, and the SHA-256 of how. */
export type HandIn = { worker: string; hash: string };

/** Leases of a task that run out before it fails, however its retries are set. */
export const LEASES_LOST_MAX = 5;
