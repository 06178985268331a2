/** Removes the files that no row names any more. */
import type { Files } from "./files.ts";

/** Files that one question to the store names. */
const SLICE = 500;

/** `unnamed` picks those that no row names. Files that were put within the hour are left: their row may be on its way. */
export async function sweepFiles(
  files: Files,
  now: number,
  unnamed: (hashes: string[]) => Promise<string[]>,
): Promise<void> {
  let slice: string[] = [];
  const removeSlice = async () => {
    for (const sha256 of await unnamed(slice)) await files.remove(sha256, now);
    slice = [];
  };
  for await (const sha256 of files.old(now)) {
    slice.push(sha256);
    if (slice.length === SLICE) await removeSlice();
  }
  if (slice.length > 0) await removeSlice();
}
