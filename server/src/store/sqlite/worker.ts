/** A thread with a connection of its own: the writer's, a reader's, the finder's, the indexer's, or one that makes a copy and ends. */
import { parentPort, workerData } from "node:worker_threads";
import { copyDatabase } from "./backup.ts";
import { openIndex, openIndexOrNone } from "./chunk-index/index-file.ts";
import { Indexer } from "./chunk-index/indexer.ts";
import { openDatabase } from "./database.ts";
import { Finder } from "./finder.ts";
import { Reader } from "./reader.ts";
import { workThrough } from "./work-through.ts";
import { Writer } from "./writer.ts";

export type Role =
  | { role: "writer"; database: string; filesFolder: string }
  | { role: "reader"; database: string }
  | { role: "finder"; database: string; index: string; exactChunksMax: number | undefined }
  | { role: "indexer"; database: string; index: string }
  | { role: "copier"; database: string; target: string };

const port = parentPort;
if (!port) throw new Error("This module is the inside of a worker thread.");
// Both ends of the channel are one program: what comes over it was typed when it was sent.
const own: Role = workerData;
if (own.role === "writer") workThrough(port, new Writer(openDatabase(own.database), own.filesFolder));
if (own.role === "reader") workThrough(port, new Reader(openDatabase(own.database, { readonly: true })));
if (own.role === "finder") {
  workThrough(
    port,
    new Finder(openDatabase(own.database, { readonly: true }), openIndexOrNone(own.index), own.exactChunksMax),
  );
}
if (own.role === "indexer") {
  workThrough(port, new Indexer(openDatabase(own.database, { readonly: true }), openIndex(own.index)));
}
if (own.role === "copier") copyDatabase(own.database, own.target);
