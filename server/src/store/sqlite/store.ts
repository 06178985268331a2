/**
 * Opens the store over SQLite: on disk with a thread for writes and one for reads by key, and with more for lists and for
 * searches once somebody asks for them; in memory with the same code in the caller's thread.
 */
import { readdir, rm, stat } from "node:fs/promises";
import path from "node:path";
import { Refusal } from "../../task/errors.ts";
import { DamagedEnd, DamageLog, Rebuilt, WAYS_ON } from "../damage.ts";
import { isDiskTrouble } from "../disk-trouble.ts";
import { folderFiles } from "../folder-files.ts";
import { makeFolder } from "../make-folder.ts";
import { memoryFiles } from "../memory-files.ts";
import { closeDeeper, closeFolder, refuseForeign } from "../permissions.ts";
import type { StoreOptions } from "../storage.ts";
import { copyInto } from "./archive/backup.ts";
import { IN_MEMORY, isOfARow, openDatabase } from "./database.ts";
import { openIndex, removeUnreadable } from "./documents/chunk-index/index-file.ts";
import { Indexer, type Indexing } from "./documents/chunk-index/indexer.ts";
import { Finder, type Searches } from "./documents/finder.ts";
import type { Scrubbed } from "./erasure/scrub.ts";
import { ASIDE_PREFIX, DATABASE_FILE, FILES_FOLDER, INDEX_FILE, isOwnEntry, openedAs } from "./folder.ts";
import { lockFolder } from "./folder-lock.ts";
import { writeBackPass } from "./log-length.ts";
import { Mending, tellAndScan } from "./mending/mending.ts";
import { migrate } from "./migrate.ts";
import { prepare } from "./prepare.ts";
import { RefusedMark } from "./refused-mark.ts";
import { layReserve } from "./reserve.ts";
import { SqliteStore } from "./sqlite-store.ts";
import type { SlowCall } from "./thread/call.ts";
import { lateChannel, ownThreadChannel, runWorker, WorkerChannel } from "./thread/channel.ts";
import { FairChannel } from "./thread/fair-channel.ts";
import { Reader } from "./thread/reader.ts";
import type { Reads } from "./thread/reads.ts";
import type { Role } from "./thread/worker.ts";
import { WriteBack } from "./thread/write-back.ts";
import { Writer, type WriterVerbs } from "./thread/writer.ts";

/** Answers that may be on their way from a reader at once: with `ANSWER_BYTES_MAX` each, what they hold in memory. */
const READS_IN_FLIGHT_MAX = 256;
/** A question may take seconds: one of another tenant has a thread meanwhile. */
const SEARCH_THREADS_MAX = 2;

/**
 * The store of a data folder, or an empty one in memory (`:memory:`). A folder has one owner at a time: a second
 * one is refused as `unavailable`, by a sentence that names the process. An older schema is brought up to date.
 */
export async function openSqliteStore(folder: string, options: StoreOptions = {}): Promise<SqliteStore> {
  return folder === IN_MEMORY ? inMemory(options) : await onDisk(folder, options);
}

let empty: Buffer | null = null;
/** An empty database of this version, made once: its tables take 20 ms, and tests want thousands. */
function emptyDatabase(): Buffer {
  if (empty) return empty;
  const db = openDatabase(IN_MEMORY);
  migrate(db);
  empty = db.serialize();
  db.close();
  return empty;
}

function inMemory({ clock = Date.now, onDamage, exactChunksMax }: StoreOptions): SqliteStore {
  const db = openDatabase(emptyDatabase());
  const index = openIndex(IN_MEMORY);
  const reader = new Reader(db);
  const reads = ownThreadChannel<Reads>({
    batch: (calls) => reader.batch(calls),
    // The connection is the writer's to close.
    close: () => {},
  });
  return new SqliteStore({
    writes: ownThreadChannel<WriterVerbs>(new Writer(db, null)),
    reads,
    searches: reads,
    finder: lateChannel<Searches>(() => {
      const finder = new Finder(db, index, exactChunksMax);
      return ownThreadChannel({ batch: (calls) => finder.batch(calls), close: () => {} });
    }),
    indexer: () => {
      const indexer = new Indexer(db, index, Number.POSITIVE_INFINITY);
      return ownThreadChannel<Indexing>({ batch: (calls) => indexer.batch(calls), close: () => {} });
    },
    files: memoryFiles(clock),
    clock,
    indexWhenIdle: false,
    backup: async (target) => copyInto(db, target),
    scrub: async () => ({ isCompact: true, isLogEmpty: true }),
    copies: async () => [],
    check: () => reads.send("check", null),
    onDamage,
    release: async () => {},
  });
}

/** Removes the folder again where it has created it and cannot open a store there. */
async function onDisk(folder: string, options: StoreOptions): Promise<SqliteStore> {
  let made: string | undefined;
  try {
    made = await makeFolder(folder);
    return await inFolder(folder, options);
  } catch (error) {
    if (made !== undefined) await rm(made, { recursive: true, force: true });
    throw unstarted(error);
  }
}

async function inFolder(
  folder: string,
  {
    clock = Date.now,
    onFatal,
    onDamage,
    onUpgrade,
    onWritten,
    onSlow,
    onLogGrows = () => {},
    slowMs,
    exactChunksMax,
  }: StoreOptions,
): Promise<SqliteStore> {
  await refuseForeign(folder, isOwnEntry, openedAs);
  const unlock = lockFolder(folder);
  const closing = new AbortController();
  try {
    await closeFolder(folder, isOwnEntry);
    const database = path.join(folder, DATABASE_FILE);
    const index = path.join(folder, INDEX_FILE);
    const filesFolder = path.join(folder, FILES_FOLDER);
    const files = await folderFiles(filesFolder, clock);
    await prepare(folder, { ...(onDamage && { onDamage }), ...(onUpgrade && { onUpgrade }) });
    removeUnreadable(index);
    let reported = false;
    const onLost = (error: Error) => {
      if (!reported) onFatal?.(error);
      reported = true;
    };
    const pass = writeBackPass();
    const writeBack = new WriteBack(database, pass, onLogGrows);
    const onLongLog = () => writeBack.begin();
    const beside = new SideThreads();
    const slowIn = (role: Role) => (call: SlowCall) => onSlow?.({ thread: role.role, ...call });
    const mark = new RefusedMark(folder);
    const mending = new Mending({
      ...scanner(database, beside),
      rebuild: (what) => writes.send("mend", what, { waitedFor: true }),
      onRebuilt: rebuiltTo(mark, onDamage),
    });
    const writer: Role = { role: "writer", database, filesFolder, pass, slowMs };
    const writes = new WorkerChannel<WriterVerbs>(writer, onLost, {
      onSlow: slowIn(writer),
      ...{ onLongLog, onDamagedEnd: endsTo(mark, onDamage), mending },
    });
    const channel = <Verbs>(role: Role, inFlightMax?: number) =>
      new WorkerChannel<Verbs>(role, onLost, {
        onSlow: slowIn(role),
        mending,
        ...(inFlightMax && { inFlightMax }),
      });
    const store = new SqliteStore({
      writes,
      reads: channel<Reads>({ role: "reader", database, slowMs }, READS_IN_FLIGHT_MAX),
      searches: new FairChannel<Reads>(
        () => channel<Reads>({ role: "reader", database, slowMs }),
        SEARCH_THREADS_MAX,
        (reader) => reader.send("setting", { name: "" }),
      ),
      // It keeps in memory what it has read of the index: a second one would read it again.
      finder: new FairChannel<Searches>(
        () => channel<Searches>({ role: "finder", database, index, exactChunksMax, slowMs }),
        1,
      ),
      indexer: () => new WorkerChannel<Indexing>({ role: "indexer", database, index }, () => {}),
      files,
      clock,
      indexWhenIdle: true,
      backup: async (target) =>
        void (await beside.run(() => runWorker({ role: "copier", database, target: path.resolve(target) }))),
      scrub: () => beside.run(() => runWorker<Scrubbed>({ role: "scrubber", database, index })),
      copies: () => copiesIn(folder),
      check: () => beside.run(() => checked(database)),
      onDamage: tellAndScan(mending, onDamage),
      onWritten,
      release: async () => {
        await mending.close();
        await writeBack.close(beside.count === 0);
        closing.abort();
        layReserve(folder);
        unlock();
      },
    });
    store.chunks.indexLarge();
    // `doctor` names entries whose permissions it cannot change.
    closeDeeper(folder, isOwnEntry, closing.signal).catch(() => {});
    return store;
  } catch (error) {
    unlock();
    throw error;
  }
}

/** Counts threads that work on the database beside the store, and may go on after it is closed. */
class SideThreads {
  count = 0;

  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    this.count += 1;
    try {
      return await work();
    } finally {
      this.count -= 1;
    }
  }
}

function rebuiltTo(mark: RefusedMark, onDamage: StoreOptions["onDamage"]): (what: string) => void {
  return (what) => {
    mark.takeBack();
    onDamage?.(new Rebuilt(what));
  };
}

/** Reports each damaged end once, and has the next start rebuild the database. */
function endsTo(mark: RefusedMark, onDamage: StoreOptions["onDamage"]): (end: string | null) => void {
  const ends = new DamageLog(onDamage);
  return (end) => {
    mark.leave();
    ends.note(new DamagedEnd(end));
  };
}

/** Scans for damage in a thread of its own. */
function scanner(database: string, beside: SideThreads) {
  const over = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  return {
    scan: () => beside.run(() => runWorker<string[]>({ role: "scanner", database, over })),
    stopScan: () => void Atomics.store(over, 0, 1),
  };
}

/** In a thread of its own: a check of a large database takes seconds, and no read should wait for it. */
async function checked(database: string): Promise<string[]> {
  const checker = new WorkerChannel<Reads>({ role: "reader", database }, () => {});
  try {
    return await checker.send("check", null);
  } finally {
    await checker.close();
  }
}

/** The folders that restores have moved aside. */
async function copiesIn(folder: string): Promise<{ path: string; at: number }[]> {
  const names = (await readdir(folder)).filter((name) => name.startsWith(ASIDE_PREFIX));
  const paths = names.map((name) => path.join(folder, name));
  return Promise.all(paths.map(async (copy) => ({ path: copy, at: Math.trunc((await stat(copy)).mtimeMs) })));
}

/** The error of a start that cannot read or write the folder, as a sentence in the place of SQLite's or the system's. */
function unstarted(error: unknown): unknown {
  if (error instanceof Error && isOfARow(error))
    return new Error(`its database is damaged (${error.message}). ${WAYS_ON}`, { cause: error });
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (!(error instanceof Error) || error instanceof Refusal || !isDiskTrouble(code)) return error;
  return new Error(
    `the disk takes no writes (${error.message}), and a start has to write first. Nothing was changed: make room, and start again`,
    { cause: error },
  );
}
