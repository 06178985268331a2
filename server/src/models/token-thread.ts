/**
 * The thread that counts tokens: its table takes 0.2 s to load, and 16,000 Chinese characters 70 ms to count. It starts with the first
 * question, ends when it has been idle for a while, and does not keep the process alive.
 */
import { Worker } from "node:worker_threads";
import type { TokenAnswers, TokenQuestions } from "./token-answers.ts";

export type TokenQuestion<Verb extends keyof TokenQuestions = keyof TokenQuestions> = {
  id: number;
  verb: Verb;
  asked: TokenQuestions[Verb];
};

/** With its table it holds some 50 MB. */
const IDLE_MS = 5 * 60_000;

type Open = { resolve: (answer: never) => void; reject: (error: Error) => void };

const open = new Map<number, Open>();
let worker: Worker | null = null;
let idle: NodeJS.Timeout | undefined;
let last = 0;

/** Long questions are asked in pieces: they are answered in order of arrival. */
export async function askOfTokens<Verb extends keyof TokenQuestions>(
  verb: Verb,
  asked: TokenQuestions[Verb],
): Promise<TokenAnswers[Verb]> {
  try {
    return await askOfThread(verb, asked);
  } catch {
    // The thread has died, or cannot be started. The counted text may be a paid answer, which must not be lost for that.
    const { answerTo } = await import("./token-answers.ts");
    return answerTo(verb, asked);
  }
}

function askOfThread<Verb extends keyof TokenQuestions>(
  verb: Verb,
  asked: TokenQuestions[Verb],
): Promise<TokenAnswers[Verb]> {
  const { promise, resolve, reject } = Promise.withResolvers<TokenAnswers[Verb]>();
  worker ??= start();
  clearTimeout(idle);
  if (open.size === 0) worker.ref();
  last += 1;
  open.set(last, { resolve, reject });
  worker.postMessage({ id: last, verb, asked } satisfies TokenQuestion<Verb>);
  return promise;
}

function start(): Worker {
  const file = import.meta.url.endsWith(".ts") ? "./token-worker.ts" : "./token-worker.js";
  const started = new Worker(new URL(file, import.meta.url));
  started.on("message", ({ id, answer }: { id: number; answer: never }) => {
    open.get(id)?.resolve(answer);
    open.delete(id);
    if (open.size > 0) return;
    started.unref();
    idle = setTimeout(() => {
      // Later questions start another thread.
      worker = null;
      void started.terminate();
    }, IDLE_MS).unref();
  });
  started.on("error", () => {});
  started.on("exit", () => {
    if (worker !== started) return;
    worker = null;
    for (const { reject } of open.values()) reject(new Error("The thread that counts tokens has ended."));
    open.clear();
  });
  return started;
}
