/**
 * Lets the offline model speak at the pace of a hosted one: an answer that streams word by word can be watched, paused and stopped
 * half-way, as people try out first.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { LanguageModelV4, LanguageModelV4CallOptions, LanguageModelV4StreamPart } from "@ai-sdk/provider";
import { isResearch } from "./conversation.ts";

/** `answerMsMax`: the longest delay of a text. `callWords`: a tool call takes as long as so many words. */
type Pace = { answerMsMax: number; callWords: number };
/** A long summary is not worth waiting longer for. */
const USUAL: Pace = { answerMsMax: 15_000, callWords: 8 };
/** Look-ups take most of it, so that a pause soon takes effect, between two of them. */
const RESEARCH: Pace = { answerMsMax: 7_000, callWords: 45 };

/** The same model, at so many words a second; 0 is as fast as it can. */
export function paced(model: LanguageModelV4, wordsPerS: number): LanguageModelV4 {
  if (wordsPerS === 0) return model;
  return {
    ...model,
    doStream: async (options) => {
      const answer = await model.doStream(options);
      return { ...answer, stream: ReadableStream.from(slowly(answer.stream, options, 1_000 / wordsPerS)) };
    },
  };
}

async function* slowly(
  parts: ReadableStream<LanguageModelV4StreamPart>,
  { abortSignal, prompt }: LanguageModelV4CallOptions,
  wordMs: number,
): AsyncGenerator<LanguageModelV4StreamPart> {
  const isReport = prompt.some(({ role, content }) => role === "system" && isResearch(content));
  const { answerMsMax, callWords } = isReport ? RESEARCH : USUAL;
  let left = answerMsMax;
  for await (const part of parts) {
    const words = part.type === "text-delta" ? 1 : part.type === "tool-call" ? callWords : 0;
    const ms = Math.min(left, words * wordMs);
    left -= ms;
    if (ms > 0) await delay(ms, undefined, { ...(abortSignal && { signal: abortSignal }) });
    yield part;
  }
}
