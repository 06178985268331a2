/**
 * A thread with a connection of its own: the writer's, a reader's, the finder's, the indexer's, or one that makes a copy
 * and ends. Each loads what its role needs and no more: a start of the server waits for three of them.
 */
import { parentPort, workerData } from "node:worker_threads";
import { openDatabase } from "./database.ts";
import { workThrough } from "./work-through.ts";

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
switch (own.role) {
  case "writer": {
    const { Writer } = await import("./writer.ts");
    workThrough(port, new Writer(openDatabase(own.database), own.filesFolder));
    break;
  }
  case "reader": {
    const { Reader } = await import("./reader.ts");
    workThrough(port, new Reader(openDatabase(own.database, { readonly: true })));
    break;
  }
  case "finder": {
    const { Finder } = await import("./finder.ts");
    const { openIndexOrNone } = await import("./chunk-index/index-file.ts");
    const rows = openDatabase(own.database, { readonly: true });
    workThrough(port, new Finder(rows, openIndexOrNone(own.index), own.exactChunksMax));
    break;
  }
  case "indexer": {
    const { Indexer } = await import("./chunk-index/indexer.ts");
    const { openIndex } = await import("./chunk-index/index-file.ts");
    workThrough(port, new Indexer(openDatabase(own.database, { readonly: true }), openIndex(own.index)));
    break;
  }
  case "copier": {
    const { copyDatabase } = await import("./backup.ts");
    copyDatabase(own.database, own.target);
  }
}
