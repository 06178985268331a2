/**
 * Loaded into every thread of a server under measurement: writes down whenever a thread works on for long without letting
 * others have their turn, in processor time, which other work on the machine does not lengthen, and each statement of a
 * database that does so by itself. The main thread is asked each few milliseconds; a thread of the store answers each of its
 * batches with a message.
 */
import { appendFileSync } from "node:fs";
import { isMainThread, MessagePort, parentPort } from "node:worker_threads";
import { z } from "zod";

const TICK_MS = 5;
/** What is written down at least. */
const WORTH_MS = 10;
const SQL_CHARACTERS = 120;

const file = process.env["WAYBILL_STALLS"] ?? "";
const begin = z.object({ role: z.object({ role: z.string() }) });
let role = isMainThread ? "main" : "other";

/** Not before the first turn: until then a thread loads its code. */
let last = Number.POSITIVE_INFINITY;

function turn(): void {
  const now = processorMs();
  if (now - last >= WORTH_MS) note(role, now - last);
  last = processorMs();
}

function note(what: string, ms: number): void {
  appendFileSync(file, `${Math.round(ms)} ${what}\n`);
}

function processorMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

/** A thread of the store is told its role by a message; to listen beside it would take that message away from it. */
function hearRole(): void {
  if (!parentPort) return;
  const { on } = parentPort;
  Reflect.set(parentPort, "on", (event: string, listener: (given: unknown) => void) => {
    const heard = (given: unknown) => {
      role = begin.safeParse(given).data?.role.role ?? role;
      listener(given);
    };
    return Reflect.apply(on, parentPort, [event, heard]);
  });
}

/** The statements of whichever database is opened in this thread. */
async function watchStatements(): Promise<void> {
  const { openDatabase } = await import("../server/src/store/sqlite/database.ts");
  const db = openDatabase(":memory:");
  const statements: object = Object.getPrototypeOf(db.prepare("SELECT 1"));
  db.close();
  for (const verb of ["run", "get", "all"]) {
    const own: (...given: unknown[]) => unknown = Reflect.get(statements, verb);
    Reflect.set(statements, verb, function watched(this: { source: string }, ...given: unknown[]): unknown {
      const from = processorMs();
      try {
        return Reflect.apply(own, this, given);
      } finally {
        const ms = processorMs() - from;
        if (ms >= WORTH_MS) note(`statement ${this.source.replace(/\s+/g, " ").trim().slice(0, SQL_CHARACTERS)}`, ms);
      }
    });
  }
}

if (isMainThread) setInterval(turn, TICK_MS).unref();
else {
  hearRole();
  await watchStatements();
  const { postMessage } = MessagePort.prototype;
  MessagePort.prototype.postMessage = function post(this: MessagePort, ...given: Parameters<typeof postMessage>): void {
    turn();
    Reflect.apply(postMessage, this, given);
  };
}
