/** The thread in which jq runs: an expression may never come to its end, or ask for all memory there is. */
import { createRequire } from "node:module";
import { parentPort, workerData } from "node:worker_threads";
import type { JqAnswer, JqRequest, JqThreadData } from "./jq-thread.ts";

/** Runs jq on a text of JSON values. Throws an `Error` when it exits with another code than 0. */
type Jq = { raw: (json: string, filter: string, flags: string[]) => string };

type Memory = { readonly buffer: { readonly byteLength: number }; grow: (pages: number) => number };

/** The types of Node.js do not have it. */
declare const WebAssembly: { Memory: { prototype: Memory } };

const { port, signal, memoryBytesMax }: JqThreadData = workerData;
const PAGE_BYTES = 65_536;
const { grow } = WebAssembly.Memory.prototype;

/** jq says itself that it cannot have more. */
WebAssembly.Memory.prototype.grow = function growWithin(this: Memory, pages: number): number {
  if (this.buffer.byteLength + pages * PAGE_BYTES > memoryBytesMax) throw new RangeError("no more memory");
  return grow.call(this, pages);
};

// What the module exports is a promise, which an import would take for its own.
const require = createRequire(import.meta.url);
const jq: Jq = await require("jq-web");

parentPort?.on("message", ({ json, filter }: JqRequest) => answer(made(json, filter)));
answer({ made: "" });

function made(json: string, filter: string): JqAnswer {
  try {
    return { made: jq.raw(json, filter, ["--compact-output"]) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

function answer(given: JqAnswer): void {
  port.postMessage(given);
  Atomics.add(signal, 0, 1);
  Atomics.notify(signal, 0);
}
