/** Somebody who reads one small task, again and again, in a thread of its own: the attacker's work is not its. */
import { parentPort, workerData } from "node:worker_threads";

const PROBE_EVERY_MS = 5;
const { url }: { url: string } = workerData;
const times: number[] = [];
let over = false;

parentPort?.on("message", () => {
  over = true;
});
while (!over) {
  const from = performance.now();
  await (await fetch(url)).text();
  times.push(performance.now() - from);
  await new Promise((resolve) => setTimeout(resolve, PROBE_EVERY_MS));
}
parentPort?.postMessage(times);
// Else its thread, and the bench with it, would wait for more.
parentPort?.close();
