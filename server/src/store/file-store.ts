/**
 * The files of a store, for whoever names them in rows of his own: bytes that come as a stream, and are read as one.
 */
import type { Readable } from "node:stream";
import type { ByteRange, LocalFile, WriteBounds, Written } from "./files.ts";

/** Bytes that are on disk, and that no sweep takes before their owner has released them. */
export type ReceivedFile = Written & {
  /**
   * The owner needs it no longer, or has named it in a row that is committed: what no row names then is gone at once. To
   * be called once it is decided, whatever came of it; a second call does nothing. It never throws.
   */
  release: () => Promise<void>;
};

export interface FileStore {
  /**
   * Keeps the bytes of a stream, of which no more is in memory than one chunk: on disk once this resolves. Throws
   * `too_large` beyond the bound, `unavailable` on a full disk, `invalid` when the stream was cut, and what the stream
   * itself throws; nothing is left of it then. A file that its owner never releases goes with a later start.
   */
  receive(bytes: Readable, bounds: WriteBounds): Promise<ReceivedFile>;
  /**
   * `size` is of the whole file, `bytes` are those of the range, or all. Whoever opens it reads to the end or destroys the
   * stream. Throws `not_found` when there is no such file, and `invalid` when the range is not inside it.
   */
  open(sha256: string, range?: ByteRange): Promise<{ size: number; bytes: Readable }>;
  /** For whoever must be handed a path, as another process is. Nobody writes to it. Throws `not_found`. */
  local(sha256: string): Promise<LocalFile>;
}
