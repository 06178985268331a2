/**
 * A backup: one tar file with a consistent copy of the database, every file that it names, and a list by which a
 * restore can tell that nothing is missing or changed. It can be made while a server uses the folder.
 */
import { createHash, randomUUID } from "node:crypto";
import { copyFileSync, createReadStream, existsSync, rmSync } from "node:fs";
import { mkdir, mkdtemp, open, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import type { Database } from "better-sqlite3";
import { create, extract, list } from "tar";
import { z } from "zod";
import type { BackupRecord } from "../../../task/erasure.ts";
import { Refusal } from "../../../task/errors.ts";
import { isDiskTrouble } from "../../disk-trouble.ts";
import { syncFolder } from "../../folder-files.ts";
import { makeFolder } from "../../make-folder.ts";
import {
  type ArchiveOptions,
  BadArchive,
  type Lost,
  type Manifest,
  type MissingFile,
  type RestoreOptions,
} from "../../storage.ts";
import { isCorrupt, schemaOf, withDatabase } from "../database.ts";
import { check } from "../doctor/check.ts";
import { copyOfReadable } from "../doctor/mend.ts";
import { ASIDE_PREFIX, DATABASE_FILE, FILES_FOLDER, pathOfFile } from "../folder.ts";
import { lockFolder } from "../folder-lock.ts";
import { removeLeftBehind } from "../left-behind.ts";
import { MIGRATIONS } from "../migrate.ts";
import { readFileOf, writeFileOf } from "./archive-file.ts";
import { copyDatabase } from "./backup.ts";
import { leftOutOf, noteLeftOut } from "./left-out.ts";
import { hashesIn, linkFiles } from "./linked-files.ts";
import { missingFiles, sentenceOf } from "./named-files.ts";

const MANIFEST_FILE = "waybill-backup.json";
const ENTRY =
  /^(waybill-backup\.json|waybill\.sqlite|files\/?|files\/[0-9a-f]{2}\/?|files\/[0-9a-f]{2}\/[0-9a-f]{62})$/;
/** Files left by a killed backup or restore are removed after this. */
const LEFT_BEHIND_MS = 86_400_000;

/** Copies a database to where a restore looks for it. */
type Copy = (from: string, to: string) => Promise<void> | void;

const manifest: z.ZodType<Manifest> = z.strictObject({
  format: z.literal(1),
  version: z.string(),
  created_at: z.string(),
  database: z.strictObject({ bytes: z.int(), sha256: z.string() }),
  files: z.int(),
  id: z.string().optional(),
  schema: z.int().optional(),
  tasks: z.int().optional(),
});

/**
 * Writes the backup of a folder. Either the whole file appears under its name, on disk, or nothing does: it must pass
 * the check of a restore first.
 */
export async function writeArchive(
  folder: string,
  target: string,
  version: string,
  options: ArchiveOptions = {},
): Promise<{ manifest: Manifest; missing: MissingFile[]; lost: Lost[]; isNoted: boolean }> {
  // A name that nobody else can have put there before.
  const partial = `${target}.${randomUUID()}.partial`;
  const { passphrase = null, withoutDamagedRows = false } = options;
  let lost: Lost[] = [];
  // The time before the copy: data removed later may be in it.
  const madeAt = new Date();
  const copy = async (from: string, to: string) => {
    lost = await copyWhole(from, to);
  };
  const staging = await copied(folder, stagingPlaces(folder, target, passphrase !== null), copy);
  try {
    if (lost.length > 0 && !withoutDamagedRows) throw new BadArchive(leavesOut(lost));
    const missing = await checkFolder(staging, options);
    const database = join(staging, DATABASE_FILE);
    const id = randomUUID();
    if (lost.length > 0) noteLeftOut(database, id, lost);
    const made: Manifest = {
      format: 1,
      version,
      created_at: madeAt.toISOString(),
      database: { bytes: (await stat(database)).size, sha256: await sha256Of(database) },
      files: (await hashesIn(staging)).length,
      id,
      ...contentsOf(database),
    };
    await writeFile(join(staging, MANIFEST_FILE), JSON.stringify(made, null, 2));
    const tar = create({ cwd: staging, portable: true }, [MANIFEST_FILE, DATABASE_FILE, FILES_FOLDER]);
    await writeFileOf(partial, tar, options);
    await checkArchive(partial, made, passphrase);
    await rename(partial, target);
    await syncFolder(dirname(target));
    const backup = { id, madeAt: madeAt.getTime(), path: target, encrypted: passphrase !== null };
    return { manifest: made, missing, lost, isNoted: noteBackup(join(folder, DATABASE_FILE), backup) };
  } finally {
    await rm(staging, { recursive: true, force: true });
    await rm(partial, { force: true });
  }
}

/**
 * Where the copy lies until it is in the archive: in the folder itself, where a hard link to a file takes no room; if its disk is full,
 * beside the archive, but never there unencrypted when the archive is encrypted.
 */
function stagingPlaces(folder: string, target: string, isEncrypted: boolean): [own: string, other: string] {
  const name = createHash("sha256").update(resolve(folder)).digest("hex").slice(0, 12);
  const other = isEncrypted ? tmpdir() : dirname(target);
  return [join(folder, "backup-"), join(other, `.waybill-backup-${name}-`)];
}

/** For a damaged database, a rebuilt copy of all rows that can be read. Returns what it lacks. */
async function copyWhole(from: string, to: string): Promise<Lost[]> {
  try {
    copyDatabase(from, to);
    return [];
  } catch (error) {
    if (!isCorrupt(error)) throw error;
    rmSync(`${to}.partial`, { force: true });
    return await copyOfReadable(from, to);
  }
}

function leavesOut(lost: readonly Lost[]): string {
  const tables = lost.map(({ table }) => table).join(", ");
  return `rows of ${tables} lie on damaged pages; to go on without them: --without-damaged-rows`;
}

/** Copies the contents of a folder in the layout of a restored one; returns the copy's place. */
async function copied(folder: string, [own, other]: [own: string, other: string], copy: Copy): Promise<string> {
  return copiedTo(own, folder, copy)
    .catch(ifFull(() => copiedTo(other, folder, copy)))
    .catch(ifFull((full) => copiedTo(other, folder, (from, to) => copyUnread(from, to, full))));
}

/**
 * A database that nobody has open cannot even be read without room beside it: it is copied with its WAL as it lies, under an exclusive
 * lock, and read where there is room. One that somebody has open could be read: it was `full` that kept it from being copied.
 */
function copyUnread(from: string, to: string, full: unknown): void {
  const unlock = lockedUnlessOpen(dirname(from));
  if (unlock === null) throw full;
  const raw = `${to}.raw`;
  try {
    copyFileSync(from, raw);
    if (existsSync(`${from}-wal`)) copyFileSync(`${from}-wal`, `${raw}-wal`);
  } finally {
    unlock();
  }
  try {
    copyDatabase(raw, to);
  } finally {
    for (const ending of ["", "-wal", "-shm"]) rmSync(`${raw}${ending}`, { force: true });
  }
}

function lockedUnlessOpen(folder: string): (() => void) | null {
  try {
    return lockFolder(folder);
  } catch (error) {
    if (error instanceof Refusal) return null;
    throw error;
  }
}

function ifFull<Result>(otherwise: (full: unknown) => Promise<Result>): (error: unknown) => Promise<Result> {
  return (error) => {
    if (error instanceof Error && "code" in error && isDiskTrouble(String(error.code))) return otherwise(error);
    throw error;
  };
}

async function copiedTo(prefix: string, folder: string, copy: Copy): Promise<string> {
  await removeLeftBehind(dirname(prefix), basename(prefix), LEFT_BEHIND_MS);
  const staging = await mkdtemp(prefix);
  try {
    // Files come before their rows and are swept after them: those from before the copy and those from after it are,
    // together, all that the copy can name.
    await linkFiles(folder, staging);
    await copy(join(folder, DATABASE_FILE), join(staging, DATABASE_FILE));
    await linkFiles(folder, staging);
    return staging;
  } catch (error) {
    await rm(staging, { recursive: true, force: true });
    throw error;
  }
}

/**
 * Puts a backup into a folder that nobody uses. Earlier contents of the folder are moved aside and not removed; their place is the
 * second result. Everything is checked before anything is changed.
 */
export async function restoreArchive(
  archive: string,
  folder: string,
  version: string,
  options: RestoreOptions = {},
): Promise<{ manifest: Manifest; aside: string | null; missing: MissingFile[]; lost: Lost[] }> {
  await makeFolder(folder);
  await removeLeftBehind(folder, "restore-", LEFT_BEHIND_MS);
  const staging = await mkdtemp(join(folder, "restore-"));
  try {
    const { manifest: found, missing, lost } = await unpack(archive, staging, version, options);
    const replaced = new Set([FILES_FOLDER, ...(options.besides ?? [])]);
    const there = (await readdir(folder)).filter((name) => name.startsWith(DATABASE_FILE) || replaced.has(name));
    let aside: string | null = null;
    if (there.length > 0) {
      aside = join(folder, `${ASIDE_PREFIX}${new Date().toISOString().replaceAll(/[:.]/g, "-")}`);
      await mkdir(aside);
      for (const name of there) await rename(join(folder, name), join(aside, name));
    }
    // The database last: without it the folder counts as empty.
    await rename(join(staging, FILES_FOLDER), join(folder, FILES_FOLDER));
    await rename(join(staging, DATABASE_FILE), join(folder, DATABASE_FILE));
    await syncFolder(folder);
    return { manifest: found, aside, missing, lost };
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** Unpacks and checks all of it: the list, the hashes, and the database by its own rules. */
async function unpack(
  archive: string,
  staging: string,
  version: string,
  options: ArchiveOptions,
): Promise<{ manifest: Manifest; missing: MissingFile[]; lost: Lost[] }> {
  const strange: string[] = [];
  try {
    const unpacked = extract({
      cwd: staging,
      strict: true,
      filter: (path, entry) => {
        const isPlain = "type" in entry && (entry.type === "File" || entry.type === "Directory");
        if (isPlain && ENTRY.test(path)) return true;
        strange.push(path);
        return false;
      },
    });
    await readFileOf(archive, options.passphrase ?? null, unpacked);
  } catch (error) {
    if (error instanceof BadArchive) throw error;
    throw new BadArchive(`it cannot be unpacked: ${error instanceof Error ? error.message : "unreadable"}`);
  }
  if (strange.length > 0)
    throw new BadArchive(`it has entries that are no backup's: ${strange.slice(0, 3).join(", ")}`);
  const found = await manifestIn(staging, version);
  const database = join(staging, DATABASE_FILE);
  const sha256 = await sha256Of(database).catch(() => "");
  if (sha256 !== found.database.sha256) throw new BadArchive("its database is missing or was changed");
  await mkdir(join(staging, FILES_FOLDER), { recursive: true });
  const count = (await hashesIn(staging)).length;
  if (count !== found.files && options.withoutMissingFiles !== true) {
    throw new BadArchive(`it has ${count} of ${found.files} files`);
  }
  const missing = await checkFolder(staging, options);
  if (found.tasks !== undefined && found.tasks !== contentsOf(database).tasks)
    throw new BadArchive(`its database has not the ${found.tasks} tasks that it should have`);
  const lost = leftOutOf(database, found.id);
  for (const hash of await hashesIn(staging)) await sync(pathOfFile(staging, hash));
  await sync(database);
  return { manifest: found, missing, lost };
}

/**
 * The checks of a restore, and of a backup before it is finished: every file matches its hash, the database keeps its rules, and the
 * files that it names exist. Changed files count as missing.
 */
async function checkFolder(staging: string, { withoutMissingFiles = false }: ArchiveOptions): Promise<MissingFile[]> {
  const there = new Set<string>();
  for (const hash of await hashesIn(staging)) {
    const file = pathOfFile(staging, hash);
    if ((await sha256Of(file)) === hash) there.add(hash);
    else if (withoutMissingFiles) await rm(file);
    else throw new BadArchive(`file ${hash} was changed; to go on without it: --without-missing-files`);
  }
  const missing = checkDatabase(join(staging, DATABASE_FILE), there);
  const [first, ...more] = missing;
  if (first === undefined || withoutMissingFiles) return missing;
  const others = more.length === 0 ? "" : `, and ${more.length} more are`;
  throw new BadArchive(`${sentenceOf(first)}${others}; to go on without: --without-missing-files`);
}

/** Reads a written archive back: it holds the database and the files of its list, byte by byte. */
async function checkArchive(archive: string, { database, files }: Manifest, passphrase: string | null): Promise<void> {
  const wrong: string[] = [];
  let read = 0;
  const listed = list({
    strict: true,
    onReadEntry: (entry) => {
      const hash = createHash("sha256");
      entry.on("data", (bytes: Buffer) => hash.update(bytes));
      entry.on("end", () => {
        const sha256 = hash.digest("hex");
        const [, shelf, rest] = entry.path.split("/");
        if (entry.path === DATABASE_FILE && sha256 !== database.sha256) wrong.push(entry.path);
        if (shelf === undefined || rest === undefined || rest === "") return;
        read += 1;
        if (shelf + rest !== sha256) wrong.push(entry.path);
      });
    },
  });
  await readFileOf(archive, passphrase, listed);
  const [first] = wrong;
  if (first !== undefined) throw new BadArchive(`${first} reads otherwise in it than it was written`);
  if (read !== files) throw new BadArchive(`it has ${read} of ${files} files`);
}

async function manifestIn(staging: string, version: string): Promise<Manifest> {
  const text = await readFile(join(staging, MANIFEST_FILE), "utf8").catch(() => null);
  if (text === null) throw new BadArchive(`it has no ${MANIFEST_FILE}: it is not a backup of waybill`);
  try {
    return manifest.parse(JSON.parse(text));
  } catch {
    throw new BadArchive(`its ${MANIFEST_FILE} cannot be read: it may be of a newer waybill than ${version}`);
  }
}

/** The schema of a copied database, and its number of tasks. */
function contentsOf(path: string): { schema: number; tasks: number } {
  const contents = (db: Database) => {
    const tasks = db.prepare<unknown[], unknown>("SELECT count(*) FROM tasks").pluck().get();
    return { schema: schemaOf(db), tasks: Number(tasks) };
  };
  return withDatabase(path, contents, { readonly: true });
}

/** Remembers a backup in the database, also while a server has it open. False when that fails, as on a full disk. */
function noteBackup(path: string, backup: BackupRecord): boolean {
  try {
    const { id, madeAt } = backup;
    withDatabase(path, (db) =>
      db
        .prepare<unknown[]>("INSERT INTO backups (id, made_at, record) VALUES (?, ?, ?)")
        .run(id, madeAt, JSON.stringify(backup)),
    );
    return true;
  } catch {
    return false;
  }
}

function checkDatabase(path: string, files: ReadonlySet<string>): MissingFile[] {
  const checked = (db: Database) => {
    const schema = schemaOf(db);
    if (schema > MIGRATIONS.length)
      throw new BadArchive(
        `its database has schema ${schema}, of a newer waybill: this one knows up to ${MIGRATIONS.length}`,
      );
    const [problem] = check(db);
    if (problem !== undefined) throw new BadArchive(problem);
    return missingFiles(db, (sha256) => files.has(sha256));
  };
  return withDatabase(path, checked, { readonly: true });
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

async function sync(path: string): Promise<void> {
  const file = await open(path, "r");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
