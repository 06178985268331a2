/**
 * Bytes, kept by their SHA-256. A put resolves when the bytes would survive a power cut; the same bytes are kept once.
 * Files do not know who names them: the store tells the sweep what is still needed.
 */
import { createHash, randomUUID } from "node:crypto";
import { unlinkSync } from "node:fs";
import { mkdir, open, opendir, readFile, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { notFound } from "../task/errors.ts";

export interface Files {
  put(bytes: Uint8Array): Promise<{ sha256: string; size: number }>;
  /** Throws `not_found` when there is no such file, and an error when it is larger than the caller can take. */
  read(sha256: string, bytesMax: number): Promise<Buffer>;
  /** Hashes of the files that nobody put again within `YOUNG_MS`, in no order. */
  old(now: number): AsyncIterable<string>;
  /** Removes a file, unless somebody put it within `YOUNG_MS`: a row that names it may be on its way. */
  remove(sha256: string, now: number): Promise<boolean>;
}

/** A file may wait this long for the row that names it. */
export const YOUNG_MS = 3_600_000;
const HASH = /^[0-9a-f]{64}$/;
const TEMPORARY = "tmp";

function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function tooLarge(sha256: string, size: number, bytesMax: number): Error {
  return new Error(`File ${sha256} has ${size} bytes, more than the ${bytesMax} that were expected.`);
}

export function memoryFiles(clock: () => number = Date.now): Files {
  const kept = new Map<string, { bytes: Buffer; at: number }>();
  return {
    async put(bytes) {
      const sha256 = hashOf(bytes);
      kept.set(sha256, { bytes: Buffer.from(bytes), at: clock() });
      return { sha256, size: bytes.length };
    },
    async read(sha256, bytesMax) {
      const file = kept.get(sha256);
      if (!file) throw notFound("File");
      if (file.bytes.length > bytesMax) throw tooLarge(sha256, file.bytes.length, bytesMax);
      return file.bytes;
    },
    async *old(now) {
      for (const [sha256, { at }] of kept) if (now - at >= YOUNG_MS) yield sha256;
    },
    async remove(sha256, now) {
      const file = kept.get(sha256);
      return file !== undefined && now - file.at >= YOUNG_MS && kept.delete(sha256);
    },
  };
}

function pathIn(folder: string, sha256: string): string {
  if (!HASH.test(sha256)) throw notFound("File");
  return path.join(folder, sha256.slice(0, 2), sha256.slice(2));
}

/** The same files for whoever only reads, also while another process owns the folder. */
export function filesToRead(folder: string): Pick<Files, "read"> {
  return {
    async read(sha256, bytesMax) {
      const target = pathIn(folder, sha256);
      const known = await stat(target).catch(absent);
      if (!known) throw notFound("File");
      if (known.size > bytesMax) throw tooLarge(sha256, known.size, bytesMax);
      return await readFile(target);
    },
  };
}

/** Files in a folder that this process owns: `ab/cdef...`, written aside, synced, then renamed into place. */
export async function folderFiles(folder: string, clock: () => number = Date.now): Promise<Files> {
  const temporary = path.join(folder, TEMPORARY);
  await rm(temporary, { recursive: true, force: true });
  await mkdir(temporary, { recursive: true });

  const pathOf = (sha256: string) => pathIn(folder, sha256);
  /**
   * When each file was last put, as far as that is less than `YOUNG_MS` ago. Noted before anything is awaited, and
   * looked at in the same turn that unlinks, so that a put and the sweep cannot miss each other.
   */
  const lastPut = new Map<string, number>();
  const isYoung = (sha256: string, now: number) => now - (lastPut.get(sha256) ?? Number.NEGATIVE_INFINITY) < YOUNG_MS;

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

  return {
    async put(bytes) {
      const sha256 = hashOf(bytes);
      const target = pathOf(sha256);
      lastPut.set(sha256, clock());
      const shelf = path.dirname(target);
      const known = await stat(target).catch(absent);
      if (known?.size !== bytes.length) {
        const aside = path.join(temporary, randomUUID());
        await Promise.all([shelfAt(shelf), writeSynced(aside, bytes)]);
        await rename(aside, target);
      }
      // Also for a file that was there: another put may have renamed it a moment ago and not have synced it yet.
      await syncFolder(shelf);
      return { sha256, size: bytes.length };
    },
    ...filesToRead(folder),
    async *old(now) {
      for (const [sha256, at] of lastPut) if (now - at >= YOUNG_MS) lastPut.delete(sha256);
      for await (const shelf of await opendir(folder)) {
        if (shelf.name.length !== 2) continue;
        for await (const file of await opendir(path.join(folder, shelf.name))) {
          const sha256 = shelf.name + file.name;
          if (!HASH.test(sha256) || isYoung(sha256, now)) continue;
          const known = await stat(pathOf(sha256)).catch(absent);
          if (known && now - known.mtimeMs >= YOUNG_MS) yield sha256;
        }
      }
    },
    async remove(sha256, now) {
      if (isYoung(sha256, now)) return false;
      unlinkSync(pathOf(sha256));
      return true;
    },
  };
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}

async function writeSynced(target: string, bytes: Uint8Array): Promise<void> {
  const file = await open(target, "wx");
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
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
