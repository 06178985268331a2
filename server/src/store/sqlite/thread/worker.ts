/**
 * A thread with connections of its own, in one role after the other: the writer's, a reader's, the finder's, the indexer's,
 * or that of one who makes a copy or looks for damage. Each loads what its role needs and no more: a start of the server waits for two of them.
 */
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { COMMITTING_CACHE_KIB, openDatabase } from "../database.ts";
import type { WriteBackPass } from "../log-length.ts";
import { type Work, workThrough } from "./work-through.ts";

export type Role =
  | ({ role: "writer"; database: string; filesFolder: string; pass: WriteBackPass } & Told)
  | ({ role: "reader"; database: string } & Told)
  | ({ role: "finder"; database: string; index: string; exactChunksMax: number | undefined } & Told)
  | { role: "checkpointer"; database: string; pass: WriteBackPass }
  | { role: "indexer"; database: string; index: string }
  | { role: "copier"; database: string; target: string }
  | { role: "scanner"; database: string; over: Int32Array<SharedArrayBuffer> }
  | { role: "scrubber"; database: string; index: string };

/** A call that takes as long is told of; `SLOW_CALL_MS` where it is absent. */
type Told = { slowMs?: number | undefined };

/** What a thread is told: its next role, and where the calls come from. */
export type Begin = { role: Role; port: MessagePort };

if (!parentPort) throw new Error("This module is the inside of a worker thread.");
// Both ends of the channel are one program: what comes over it was typed when it was sent.
parentPort.on("message", ({ role, port }: Begin) => void begin(role, port));
// What it will need first is there by the time that it is told so.
const first: unknown = workerData;
if (first === "writer") await import("./writer.ts");
else if (first === "reader") await import("./reader.ts");

async function begin(role: Role, port: MessagePort): Promise<void> {
  if (role.role === "copier") {
    const { copyDatabase } = await import("../archive/backup.ts");
    copyDatabase(role.database, role.target);
    port.postMessage(null);
    port.close();
  } else if (role.role === "scrubber") {
    const { scrub } = await import("../erasure/scrub.ts");
    port.postMessage(scrub(role.database, role.index));
    port.close();
  } else if (role.role === "scanner") {
    const { damagedIn } = await import("../mending/derived.ts");
    port.postMessage(damagedIn(role.database, () => Atomics.load(role.over, 0) === 1));
    port.close();
  } else workThrough(port, await workOf(role));
}

async function workOf(role: Exclude<Role, { role: "copier" | "scanner" | "scrubber" }>): Promise<Work> {
  switch (role.role) {
    case "writer": {
      const { Writer } = await import("./writer.ts");
      const db = openDatabase(role.database, { cacheKib: COMMITTING_CACHE_KIB });
      return new Writer(db, role.filesFolder, role);
    }
    case "reader": {
      const { Reader } = await import("./reader.ts");
      return new Reader(openDatabase(role.database, { readonly: true }), role.slowMs);
    }
    case "finder": {
      const { Finder } = await import("../documents/finder.ts");
      const { openIndexOrNone } = await import("../documents/chunk-index/index-file.ts");
      const rows = openDatabase(role.database, { readonly: true });
      return new Finder(rows, openIndexOrNone(role.index), role.exactChunksMax, role.slowMs);
    }
    case "checkpointer": {
      const { Checkpointer } = await import("./checkpointer.ts");
      return new Checkpointer(role.database, role.pass);
    }
    case "indexer": {
      const { Indexer } = await import("../documents/chunk-index/indexer.ts");
      const { openIndex } = await import("../documents/chunk-index/index-file.ts");
      return new Indexer(openDatabase(role.database, { readonly: true }), openIndex(role.index));
    }
  }
}
