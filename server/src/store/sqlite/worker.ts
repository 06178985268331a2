/** A thread with a connection of its own: the writer's, a reader's, or one that makes a copy and ends. */
import { parentPort, workerData } from "node:worker_threads";
import { z } from "zod";
import { copyDatabase } from "./backup.ts";
import { openDatabase } from "./database.ts";
import { Reader } from "./reader.ts";
import { workThrough } from "./work-through.ts";
import { Writer } from "./writer.ts";

const role = z.discriminatedUnion("role", [
  z.strictObject({ role: z.literal("writer"), database: z.string(), filesFolder: z.string() }),
  z.strictObject({ role: z.literal("reader"), database: z.string() }),
  z.strictObject({ role: z.literal("copier"), database: z.string(), target: z.string() }),
]);
export type Role = z.infer<typeof role>;

const port = parentPort;
if (!port) throw new Error("This module is the inside of a worker thread.");
const own = role.parse(workerData);
if (own.role === "writer") workThrough(port, new Writer(openDatabase(own.database), own.filesFolder));
if (own.role === "reader") workThrough(port, new Reader(openDatabase(own.database, { readonly: true })));
if (own.role === "copier") copyDatabase(own.database, own.target);
