/** Files that rows name, for whoever reads them from end to end. */
import type { Readable } from "node:stream";
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

export function wrongSize(found: number, bytes: number): Error {
  return new Error(`its file has ${found} bytes in the place of ${bytes}`);
}
