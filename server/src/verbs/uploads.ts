/** What callers may do with bytes that no row names yet. */
import type { Readable } from "node:stream";
import type { Principal } from "../task/principal.ts";

/** Bytes of a caller, on disk. */
export type Upload = {
  sha256: string;
  md5: string;
  bytes: number;
  /**
   * It is decided what becomes of them: what no row names then is gone. To be called once the request is answered; it
   * never throws.
   */
  release: () => Promise<void>;
};

export type UploadBounds = {
  /** More are refused as `too_large`. */
  bytesMax: number;
  /** Breaks it off: rejected with its reason. */
  signal?: AbortSignal;
};

export interface Uploads {
  /**
   * Takes a stream to its end. Throws `too_large` beyond the bound, `rate_limited` when the caller has too many uploads
   * under way, `unavailable` when all callers have or the disk is full, `invalid` when the stream was cut. Nothing is left
   * of it then, nor when the server dies before a row names the bytes.
   */
  receive(principal: Principal, bytes: Readable, bounds: UploadBounds): Promise<Upload>;
}
