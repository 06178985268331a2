/** What passes between the server's thread and one that embeds. Both sides are this package, so types suffice. */
import type { EmbeddingPurpose } from "../embedding.ts";

export type EmbeddingRequest = { id: number; texts: readonly string[]; purpose: EmbeddingPurpose };

/** The vectors one after another; or why there are none: what the operator can mend is `refused`. */
export type EmbeddingResponse =
  | { id: number; dimensions: number; numbers: Float32Array<ArrayBuffer> }
  | { id: number; error: string; code: "refused" | "unavailable" };
