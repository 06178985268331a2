/** Messages between the server's thread and one that embeds. Both sides are this package, so types suffice. */
import type { EmbeddingPurpose } from "../embedding.ts";

export type EmbeddingRequest = { id: number; texts: readonly string[]; purpose: EmbeddingPurpose };

/** The vectors, joined; or an error: `refused` for one that the operator can mend. */
export type EmbeddingResponse =
  | { id: number; dimensions: number; numbers: Float32Array<ArrayBuffer> }
  | { id: number; error: string; code: "refused" | "unavailable" };
