/** A thread with a connection of its own: the writer's, the reader's, or one that checks or copies and ends. */
import { parentPort, workerData } from "node:worker_threads";
import { z } from "zod";
import { copyDatabase } from "./backup.ts";
import { openDatabase } from "./database.ts";
import { Reader } from "./reader.ts";
import { Writer } from "./writer.ts";

export const role = z.discriminatedUnion("role", [
  z.strictObject({ role: z.literal("writer"), database: z.string(), filesFolder: z.string() }),
  z.strictObject({ role: z.literal("reader"), database: z.string() }),
  z.strictObject({ role: z.literal("copier"), database: z.string(), target: z.string() }),
]);
export type Role = z.infer<typeof role>;

const port = parentPort;
if (!port) throw new Error("This module is the inside of a worker thread.");
const own = role.parse(workerData);
if (own.role === "copier") {
  copyDatabase(own.database, own.target);
} else {
  const db = openDatabase(own.database, { readonly: own.role === "reader" });
  const work = own.role === "writer" ? new Writer(db, own.filesFolder) : new Reader(db);
  port.on("message", (batch: string | null) => {
    if (batch === null) {
      work.close();
      port.close();
      return;
    }
    // Both ends of this channel are one program: what it carries was typed when it was sent.
    port.postMessage(JSON.stringify(work.batch(JSON.parse(batch))));
  });
}
