/** The code of the thread that counts tokens. */
import { parentPort } from "node:worker_threads";
import { answerTo } from "./token-answers.ts";
import type { TokenQuestion } from "./token-thread.ts";

const port = parentPort;
if (port === null) throw new Error("This module is the inside of a worker thread.");

port.on("message", ({ id, verb, asked }: TokenQuestion) => port.postMessage({ id, answer: answerTo(verb, asked) }));
