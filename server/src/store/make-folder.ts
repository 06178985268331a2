/**
 * Makes a folder and those above it. Node's own recursive `mkdir` never returns where the system says "no such file" of a
 * name whose parent is there, as `/proc` does: it tries for ever in a thread, and not even a signal ends it.
 */
import { mkdir, stat } from "node:fs/promises";
import path from "node:path";

/**
 * Returns the topmost folder that it made, or undefined when all were there. Throws the system's error, such as `EEXIST`
 * for a file of that name; what it made until then is left behind.
 */
export async function makeFolder(folder: string): Promise<string | undefined> {
  const whole = path.resolve(folder);
  const parent = path.dirname(whole);
  try {
    return await made(whole);
  } catch (error) {
    if (codeOf(error) !== "ENOENT" || parent === whole) throw error;
    const top = await makeFolder(parent);
    const last = await made(whole);
    return top ?? last;
  }
}

async function made(folder: string): Promise<string | undefined> {
  try {
    await mkdir(folder);
    return folder;
  } catch (error) {
    const isThere = await stat(folder).then(
      (found) => found.isDirectory(),
      () => false,
    );
    if (isThere) return undefined;
    throw error;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
