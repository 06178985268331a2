/**
 * Files in a folder: `ab/cdef...`, written aside in `tmp`, synced, then renamed into place. What is in `tmp` at a start
 * was being written by a process that has died.
 */
import { createHash, randomUUID } from "node:crypto";
import { renameSync } from "node:fs";
import { type FileHandle, mkdir, open, opendir, readFile, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { Readable } from "node:stream";
import { notFound } from "../task/errors.ts";
import { ByteCount } from "./byte-count.ts";
import { FileOwners } from "./file-owners.ts";
import { type Files, rangeIn, tooLarge } from "./files.ts";

const HASH = /^[0-9a-f]{64}$/;
const TEMPORARY = "tmp";

function pathIn(folder: string, sha256: string): string {
  if (!HASH.test(sha256)) throw notFound("File");
  return path.join(folder, sha256.slice(0, 2), sha256.slice(2));
}

/** The same files for whoever only reads, also while another process owns the folder. */
export function filesToRead(folder: string): Pick<Files, "read" | "open" | "local"> {
  return {
    async read(sha256, bytesMax) {
      const target = pathIn(folder, sha256);
      const known = await stat(target).catch(absent);
      // A pipe in its place would be waited for for ever.
      if (!known?.isFile()) throw notFound("File");
      if (known.size > bytesMax) throw tooLarge(sha256, known.size, bytesMax);
      return await readFile(target);
    },
    async local(sha256) {
      const target = pathIn(folder, sha256);
      if (!(await stat(target).catch(absent))?.isFile()) throw notFound("File");
      return { path: target, release: async () => {} };
    },
    async open(sha256, range) {
      const target = pathIn(folder, sha256);
      const isFile = (await stat(target).catch(absent))?.isFile();
      const file = isFile ? await open(target).catch(absent) : undefined;
      if (!file) throw notFound("File");
      try {
        const { size } = await file.stat();
        const { from, to } = rangeIn(size, range);
        if (from < to) return { size, bytes: file.createReadStream({ start: from, end: to - 1 }) };
        await file.close();
        return { size, bytes: Readable.from([]) };
      } catch (error) {
        await file.close();
        throw error;
      }
    },
  };
}

/** Files in a folder that this process owns. */
export async function folderFiles(folder: string, clock: () => number = Date.now): Promise<Files> {
  const temporary = path.join(folder, TEMPORARY);
  await rm(temporary, { recursive: true, force: true });
  await mkdir(temporary, { recursive: true });

  const pathOf = (sha256: string) => pathIn(folder, sha256);
  const newAside = () => path.join(temporary, randomUUID());
  // Gone within the turn, by a new name: to give back the room of a large file takes the disk longer.
  const owners = new FileOwners(clock, async (sha256) => {
    const gone = newAside();
    if (renamed(pathOf(sha256), gone)) await rm(gone, { force: true });
  });

  /** Folders that are durable, or are being made so. */
  const shelves = new Map<string, Promise<void>>();
  const shelfAt = (shelf: string): Promise<void> => {
    const known = shelves.get(shelf);
    if (known) return known;
    const made = mkdir(shelf, { recursive: true }).then(() => syncFolder(folder));
    shelves.set(shelf, made);
    made.catch(() => shelves.delete(shelf));
    return made;
  };

  /** Gives what `aside` holds its name. */
  const place = async (aside: string, sha256: string): Promise<void> => {
    const target = pathOf(sha256);
    const shelf = path.dirname(target);
    await shelfAt(shelf);
    await rename(aside, target);
    await syncFolder(shelf);
  };
  const isThere = async (sha256: string, bytes: number) => (await stat(pathOf(sha256)).catch(absent))?.size === bytes;

  return {
    async put(bytes) {
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      owners.put(sha256);
      const size = bytes.length;
      // Also for a file that is there: another put may have renamed it a moment ago and not have synced it yet.
      if (await isThere(sha256, size)) await syncFolder(path.dirname(pathOf(sha256)));
      else {
        const fill = (file: FileHandle) => file.writeFile(bytes);
        await writtenAside(newAside(), fill, (aside) => place(aside, sha256));
      }
      return { sha256, size };
    },
    async write(stream, bounds) {
      // It may break before it is first read; whoever reads it then is told.
      stream.on("error", () => {});
      const count = new ByteCount();
      const fill = (file: FileHandle) => file.writeFile(count.of(stream, bounds));
      return await writtenAside(newAside(), fill, async (aside) => {
        const held = owners.hold(count.total());
        try {
          await place(aside, held.sha256);
        } catch (error) {
          held.keep();
          throw error;
        }
        return held;
      });
    },
    ...filesToRead(folder),
    async *old(now) {
      owners.forget(now);
      for await (const shelf of await opendir(folder)) {
        if (shelf.name.length !== 2) continue;
        for await (const file of await opendir(path.join(folder, shelf.name))) {
          const sha256 = shelf.name + file.name;
          if (HASH.test(sha256) && !owners.has(sha256, now)) yield sha256;
        }
      }
    },
    remove: async (sha256, now, youngMs) => owners.remove(sha256, now, youngMs),
  };
}

/** Fills and syncs a new file, and hands it on to be renamed. Whatever fails, it is not left behind. */
async function writtenAside<Result>(
  aside: string,
  fill: (file: FileHandle) => Promise<void>,
  place: (aside: string) => Promise<Result>,
): Promise<Result> {
  const file = await open(aside, "wx");
  try {
    try {
      await fill(file);
      await file.sync();
    } finally {
      await file.close();
    }
    return await place(aside);
  } catch (error) {
    await rm(aside, { force: true });
    throw error;
  }
}

/** False when there is no such file. */
function renamed(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
    throw error;
  }
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}

/** Makes the names in a folder durable. Windows has no such call, and needs none. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
