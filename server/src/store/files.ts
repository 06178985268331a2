/**
 * Bytes, kept by their SHA-256: the same bytes are kept once, and what is kept never changes. A put or a write resolves
 * when the bytes would survive a power cut. Files do not know who names them: the store tells what is still needed.
 *
 * One process owns the files. Whoever puts some is about to name them in a row, and until then nobody removes them: what
 * was put is young for an hour, what was written is held until its owner has named it or let it go. A process that dies
 * names nothing any more, so that what it has put and no row names may go at the next start.
 */
import type { Readable } from "node:stream";
import { Refusal } from "../task/errors.ts";

/** Of one stream. */
export type WriteBounds = {
  /** More of it is refused as `too_large`. */
  bytesMax: number;
  /** Breaks it off: the write is rejected with its reason. */
  signal?: AbortSignal;
};

export type Written = {
  sha256: string;
  /** Of the same bytes, for those whose clients compare it. */
  md5: string;
  bytes: number;
};

/** A written file, which nobody removes before its owner has said once what becomes of it. */
export type HeldFile = Written & {
  /** A row names it, or may: it is young from now on. */
  keep: () => void;
  /** No row names it: it goes, unless another one holds it or has put it within `YOUNG_MS`. */
  drop: () => Promise<void>;
};

/** Bytes of a file, from the first of them to before `to`. */
export type ByteRange = { from: number; to: number };

/** A file as other processes of this machine can read it, until it is released. */
export type LocalFile = { path: string; release: () => Promise<void> };

/** How every kind of files behaves is in `files.suite.ts`. */
export interface Files {
  put(bytes: Uint8Array): Promise<{ sha256: string; size: number }>;
  /**
   * Takes a stream to its end and holds what came, of which no more is in memory than one chunk. A stream that breaks,
   * is too long or is broken off leaves nothing behind; it is destroyed then.
   */
  write(bytes: Readable, bounds: WriteBounds): Promise<HeldFile>;
  /** Throws `not_found` when there is no such file, and an error when it is larger than the caller can take. */
  read(sha256: string, bytesMax: number): Promise<Buffer>;
  /**
   * `size` is of the whole file, `bytes` are those of the range, or all. Whoever opens it reads to the end or destroys the
   * stream. Throws `not_found` when there is no such file, and `invalid` when the range is not inside it.
   */
  open(sha256: string, range?: ByteRange): Promise<{ size: number; bytes: Readable }>;
  /** For whoever must be handed a path, as another process is. Nobody writes to it. Throws `not_found`. */
  local(sha256: string): Promise<LocalFile>;
  /** Hashes of the files that are neither young nor held, in no order. */
  old(now: number): AsyncIterable<string>;
  /** Removes a file, unless it is young or held: a row that names it may be on its way. */
  remove(sha256: string, now: number, youngMs?: number): Promise<boolean>;
}

/** A file that was put may wait this long for the row that names it. */
export const YOUNG_MS = 3_600_000;

/** The range, or all, of a file of this size. */
export function rangeIn(size: number, range: ByteRange = { from: 0, to: size }): ByteRange {
  const isInside = range.from >= 0 && range.from <= range.to && range.to <= size;
  if (isInside) return range;
  throw new Refusal("invalid", `The file has ${size} bytes, and not those from ${range.from} to ${range.to}.`);
}

export function tooLarge(sha256: string, size: number, bytesMax: number): Error {
  return new Error(`File ${sha256} has ${size} bytes, more than the ${bytesMax} that were expected.`);
}
