/** One attack in a thread of its own, so that its work is not taken for the server's slowness. */
import { parentPort, workerData } from "node:worker_threads";
import { attack, type Target } from "./attacks.ts";

const { name, target }: { name: string; target: Target } = workerData;
const over = new AbortController();
parentPort?.once("message", () => over.abort());
const heard = await attack(name, target, 1, over.signal);
parentPort?.postMessage(heard);
