/** jq in a thread of its own, which is waited for: what does not come to its end in time, or in its memory, is given up. */
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";

export type JqRequest = { json: string; filter: string };
export type JqAnswer = { made: string } | { error: string };
export type JqThreadData = { port: MessagePort; signal: Int32Array; memoryBytesMax: number };
export type JqBounds = { msMax: number; memoryMbMax: number };

const JQ_BOUNDS: JqBounds = { msMax: 10_000, memoryMbMax: 1_024 };
const START_MS_MAX = 30_000;
/** How WebAssembly and jq say that there is no more. */
const NO_ROOM = /^Aborted\(|cannot allocate memory|^no more memory|^unreachable|^memory access out of bounds/;

/** What jq makes of a text of JSON values by a filter. Throws an `Error` with jq's words, or with which bound was met. */
export type RunJq = (json: string, filter: string) => string;

/** Starts it. Waiting holds this thread up, as jq itself would. */
export function startJq({ msMax, memoryMbMax }: JqBounds = JQ_BOUNDS): RunJq {
  const { port1: here, port2: port } = new MessageChannel();
  const signal = new Int32Array(new SharedArrayBuffer(4));
  const file = import.meta.url.endsWith(".ts") ? "./jq-worker.ts" : "./jq-worker.js";
  const worker = new Worker(new URL(file, import.meta.url), {
    workerData: { port, signal, memoryBytesMax: memoryMbMax * 1024 * 1024 } satisfies JqThreadData,
    transferList: [port],
    // What WebAssembly says of its own end is no talk of ours.
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: memoryMbMax },
  });
  // Its end is noticed by its silence.
  worker.on("error", () => {});
  worker.unref();
  here.unref();
  let answers = 0;
  const answer = (waitMs: number): JqAnswer | null => {
    Atomics.wait(signal, 0, answers, waitMs);
    const message: JqAnswer | undefined = receiveMessageOnPort(here)?.message;
    if (message === undefined) {
      void worker.terminate();
      return null;
    }
    answers += 1;
    return message;
  };
  if (answer(START_MS_MAX) === null) throw new Error(`jq did not start within ${START_MS_MAX / 1_000} s`);
  const bounds = `${msMax / 1_000} s and ${memoryMbMax} MB of memory`;
  return (json, filter) => {
    worker.postMessage({ json, filter } satisfies JqRequest);
    const given = answer(msMax);
    if (given === null) throw new Error(`it does not come to an end within ${bounds}`);
    if ("made" in given) return given.made;
    if (NO_ROOM.test(given.error)) throw new Error(`it wants more than ${memoryMbMax} MB of memory`);
    throw new Error(given.error);
  };
}
