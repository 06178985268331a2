/**
 * Loaded into every thread of a server under measurement: writes down whenever a thread works on for long without letting
 * others have their turn, in processor time, which other work on the machine does not lengthen. The main thread is asked
 * each few milliseconds; a thread of the store answers each of its batches with a message.
 */
import { appendFileSync } from "node:fs";
import { isMainThread, MessagePort, workerData } from "node:worker_threads";
import { z } from "zod";

const TICK_MS = 5;
/** What is written down at least. */
const WORTH_MS = 10;

const file = process.env["WAYBILL_STALLS"] ?? "";
const named = z.object({ role: z.string() }).safeParse(workerData);
const role = isMainThread ? "main" : named.success ? named.data.role : "other";

/** Not before the first turn: until then a thread loads its code. */
let last = Number.POSITIVE_INFINITY;

function turn(): void {
  const now = processorMs();
  if (now - last >= WORTH_MS) appendFileSync(file, `${role} ${Math.round(now - last)}\n`);
  last = processorMs();
}

function processorMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

if (isMainThread) setInterval(turn, TICK_MS).unref();
else {
  const { postMessage } = MessagePort.prototype;
  MessagePort.prototype.postMessage = function post(this: MessagePort, ...given: Parameters<typeof postMessage>): void {
    turn();
    Reflect.apply(postMessage, this, given);
  };
}
