/** What work in a folder that was killed has left there. */
import { readdir, rm, stat } from "node:fs/promises";
import path from "node:path";

/** Removes what begins with this and was not changed for `olderThanMs`: 0 for whoever knows that nobody works there. */
export async function removeLeftBehind(folder: string, prefix: string, olderThanMs: number): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(prefix)) continue;
    const left = path.join(folder, name);
    if (Date.now() - (await stat(left)).mtimeMs >= olderThanMs) await rm(left, { recursive: true, force: true });
  }
}
