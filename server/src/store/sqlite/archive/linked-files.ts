/** Hard links to the files of a data folder, which keep them when the folder removes its own. */
import { copyFile, link, mkdir, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { FILES_FOLDER, pathOfFile } from "../folder.ts";

const SHELF = /^[0-9a-f]{2}$/;
const REST_OF_HASH = /^[0-9a-f]{62}$/;

/** Links every file of the folder into the staging folder; files that are there already are left. */
export async function linkFiles(folder: string, staging: string): Promise<void> {
  await mkdir(join(staging, FILES_FOLDER), { recursive: true });
  for (const hash of await hashesIn(folder)) {
    const from = pathOfFile(folder, hash);
    const to = pathOfFile(staging, hash);
    await mkdir(dirname(to), { recursive: true });
    await link(from, to).catch((error: NodeJS.ErrnoException) => {
      // It was swept meanwhile, or is linked already.
      if (error.code === "ENOENT" || error.code === "EEXIST") return;
      // A file system without hard links.
      return copyFile(from, to);
    });
  }
}

/** The hashes of all files of a folder. */
export async function hashesIn(folder: string): Promise<string[]> {
  const files = join(folder, FILES_FOLDER);
  const shelves = await readdir(files).catch(() => []);
  const hashes: string[] = [];
  for (const shelf of shelves.filter((name) => SHELF.test(name))) {
    for (const rest of await readdir(join(files, shelf))) if (REST_OF_HASH.test(rest)) hashes.push(shelf + rest);
  }
  return hashes;
}
