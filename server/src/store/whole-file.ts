/** Files that rows name, for whoever reads them from end to end. */
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { Damaged } from "./damage.ts";
import type { FileStore } from "./file-store.ts";

/** Throws `Damaged`, of `what`, where the file has another length than its row says: nobody is shown a part of it as the whole. */
export async function openWhole(
  files: Pick<FileStore, "open">,
  { sha256, bytes }: { sha256: string; bytes: number },
  what: string,
): Promise<{ size: number; bytes: Readable }> {
  const opened = await files.open(sha256);
  if (opened.size === bytes) return opened;
  opened.bytes.destroy();
  throw new Damaged(what, wrongSize(opened.size, bytes));
}

/**
 * A file of which only the hash is known. Its last chunk comes once all bytes are those of `sha256`: where they are not, the stream fails
 * with `Damaged`, of `what`, and nobody takes what came before for the whole. Nothing is read before the stream is.
 */
export async function openProven(
  files: Pick<FileStore, "open">,
  sha256: string,
  what: string,
): Promise<{ size: number; bytes: Readable }> {
  const { size, bytes } = await files.open(sha256);
  const proven = Readable.from(provenChunks(bytes, sha256, what), { objectMode: false });
  proven.once("close", () => bytes.destroy());
  return { size, bytes: proven };
}

async function* provenChunks(bytes: AsyncIterable<Buffer>, sha256: string, what: string): AsyncGenerator<Buffer> {
  const hash = createHash("sha256");
  let last: Buffer | null = null;
  for await (const chunk of bytes) {
    if (last !== null) yield last;
    hash.update(chunk);
    last = chunk;
  }
  if (hash.digest("hex") !== sha256) throw new Damaged(what, new Error("its file is not as it was written"));
  if (last !== null) yield last;
}

export function wrongSize(found: number, bytes: number): Error {
  return new Error(`its file has ${found} bytes in the place of ${bytes}`);
}
