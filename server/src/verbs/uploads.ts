/** The verbs of uploads: bytes that no row names yet. */
import type { Readable } from "node:stream";
import type { Principal } from "../task/principal.ts";

/** Bytes of a caller, on disk. */
export type Upload = {
  sha256: string;
  md5: string;
  bytes: number;
  /** Ends the hold on the bytes: those that no row names then are removed. Called once the request is answered; never throws. */
  release: () => Promise<void>;
};

export type UploadBounds = {
  /** A longer upload is refused as `too_large`. */
  bytesMax: number;
  /** Aborts it: rejects with its reason. */
  signal?: AbortSignal;
};

export interface Uploads {
  /**
   * Takes a stream to its end. Throws `too_large` beyond the bound, `rate_limited` when the caller has too many uploads under way,
   * `unavailable` when all callers have or the disk is full, `invalid` when the stream was cut. Nothing is left of it then, nor when
   * the server dies before a row names the bytes.
   */
  receive(principal: Principal, bytes: Readable, bounds: UploadBounds): Promise<Upload>;
}
