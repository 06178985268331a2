/**
 * The worker thread of the offline model: parsing, searching and counting tokens are CPU-bound, and a hostile prompt must not hold up
 * the server's own thread. It takes one prompt after another and posts two messages for each: the answer, then the counts, since
 * loading the token table takes longer than most answers.
 */

import { parentPort } from "node:worker_threads";
import { type Answer, answer } from "./answer.ts";
import { readConversation } from "./conversation.ts";
import type { LimitedAnswer, WorkerRequest, WorkerResponse } from "./worker-message.ts";

const port = parentPort;
if (port === null) throw new Error("this file runs in a worker thread");

port.on("message", ({ id, prompt, maxOutputTokens }: WorkerRequest) => {
  const given = limited(answer(readConversation(prompt)), maxOutputTokens);
  port.postMessage({ id, answer: given } satisfies WorkerResponse);
  void Promise.all([import("../../reference/text/tokens.ts"), import("./tokens.ts")]).then(([text, prompts]) => {
    const { tokensIn } = text;
    const written = [given.text, ...given.calls.map((call) => `${call.name} ${JSON.stringify(call.input)}`)];
    const counts = {
      input: prompts.tokensOfPrompt(prompt),
      output: written.reduce((sum, text) => sum + (text === "" ? 0 : tokensIn(text)), 0),
    };
    port.postMessage({ id, counts } satisfies WorkerResponse);
  });
});

/** A word is at least one token: an answer of as many words as tokens are allowed is about as long as it may be. */
function limited(full: Answer, maxOutputTokens: number): LimitedAnswer {
  const words = full.text.match(/\s*\S+/g) ?? [];
  if (words.length <= maxOutputTokens) return { ...full, cut: false };
  return { ...full, text: words.slice(0, maxOutputTokens).join(""), cut: true };
}
