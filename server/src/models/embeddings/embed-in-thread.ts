/** The code of a thread that embeds: one request after the other, each with one answer. */
import { constants, getPriority, setPriority } from "node:os";
import { parentPort } from "node:worker_threads";
import type { EmbeddingPurpose } from "../embedding.ts";
import { ModelError } from "../model.ts";
import type { EmbeddingRequest, EmbeddingResponse } from "./thread-message.ts";

/** When all threads want the processor, about a third of the share of the server's thread and of those that search. */
const NICENESS = 5;

export type EmbedsTexts = (texts: readonly string[], purpose: EmbeddingPurpose) => Promise<Float32Array[]>;

export function embedInThread(embed: EmbedsTexts): void {
  const port = parentPort;
  if (port === null) throw new Error("this module runs in a worker thread");
  // On Linux this is the thread's priority; elsewhere it would be the whole server's.
  if (process.platform === "linux") setPriority(Math.min(getPriority() + NICENESS, constants.priority.PRIORITY_LOW));
  let before: Promise<void> = Promise.resolve();
  port.on("message", (request: EmbeddingRequest) => {
    before = before.then(async () => {
      const response = await answerTo(request, embed);
      port.postMessage(response, "numbers" in response ? [response.numbers.buffer] : []);
    });
  });
}

async function answerTo({ id, texts, purpose }: EmbeddingRequest, embed: EmbedsTexts): Promise<EmbeddingResponse> {
  try {
    const vectors = await embed(texts, purpose);
    const dimensions = vectors[0]?.length ?? 0;
    const numbers = new Float32Array(vectors.length * dimensions);
    for (const [row, vector] of vectors.entries()) numbers.set(vector, row * dimensions);
    return { id, dimensions, numbers };
  } catch (error) {
    const code = error instanceof ModelError && error.code === "refused" ? "refused" : "unavailable";
    return { id, code, error: error instanceof Error ? error.message : String(error) };
  }
}
