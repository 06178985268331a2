/**
 * `local:reference`, the model that needs no key and no network, behind the same interface as any provider's. It is deterministic and
 * streams word by word. A worker thread computes its answers, one call after the other, with the tenants in rotation: one call may take
 * seconds.
 */

import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4Content,
  LanguageModelV4FinishReason,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
} from "@ai-sdk/provider";
import { FairPlaces } from "../../task/fair-places.ts";
import { tenantOf } from "../prompt.ts";
import { WorkerChannel } from "./worker-channel.ts";
import type { LimitedAnswer, TokenCounts } from "./worker-message.ts";

const modelId = "reference";
const channel = new WorkerChannel();
/** The thread already has the next call when it ends one: this thread may be busy then. */
const places = new FairPlaces(2);

/** The offline model. */
export const offlineModel: LanguageModelV4 = {
  specificationVersion: "v4",
  provider: "local",
  modelId,
  supportedUrls: {},

  async doGenerate(options) {
    const { answer, counts } = await ask(options);
    const given = await answer;
    const { text, calls } = given;
    return {
      content: [
        ...(text === "" ? [] : [{ type: "text" as const, text }]),
        ...calls.map((call, index) => toolCall(options, call, index)),
      ],
      finishReason: finishReason(given),
      usage: usageOf(await counts),
      response: { modelId },
      warnings: [],
    };
  },

  async doStream(options) {
    const { answer, counts } = await ask(options);
    return { stream: ReadableStream.from(stream(options, answer, counts)) };
  },
};

/** Once it is this call's turn. */
async function ask(options: LanguageModelV4CallOptions): Promise<ReturnType<WorkerChannel["ask"]>> {
  const leave = await places.take(tenantOf(options), options.abortSignal);
  const asked = channel.ask(options);
  void asked.counts.then(leave, leave);
  return asked;
}

async function* stream(
  options: LanguageModelV4CallOptions,
  answer: Promise<LimitedAnswer>,
  counts: Promise<TokenCounts>,
): AsyncGenerator<LanguageModelV4StreamPart> {
  yield { type: "stream-start", warnings: [] };
  yield { type: "response-metadata", modelId };
  const given = await answer;
  const { text, calls } = given;
  if (text !== "") {
    yield { type: "text-start", id: "0" };
    for (const delta of text.match(/\s*\S+|\s+$/g) ?? []) {
      options.abortSignal?.throwIfAborted();
      yield { type: "text-delta", id: "0", delta };
    }
    yield { type: "text-end", id: "0" };
  }
  for (const [index, call] of calls.entries()) {
    const part = toolCall(options, call, index);
    yield { type: "tool-input-start", id: part.toolCallId, toolName: part.toolName };
    yield { type: "tool-input-delta", id: part.toolCallId, delta: part.input };
    yield { type: "tool-input-end", id: part.toolCallId };
    yield part;
  }
  yield { type: "finish", finishReason: finishReason(given), usage: usageOf(await counts) };
}

/** An id that no earlier call of the same prompt has, and the same for the same prompt. */
function toolCall(
  options: LanguageModelV4CallOptions,
  call: LimitedAnswer["calls"][number],
  index: number,
): Extract<LanguageModelV4Content, { type: "tool-call" }> {
  return {
    type: "tool-call",
    toolCallId: `call_${options.prompt.length}_${index}`,
    toolName: call.name,
    input: JSON.stringify(call.input),
  };
}

function finishReason({ calls, cut }: LimitedAnswer): LanguageModelV4FinishReason {
  if (calls.length > 0) return { unified: "tool-calls", raw: "tool_calls" };
  return cut ? { unified: "length", raw: "length" } : { unified: "stop", raw: "stop" };
}

function usageOf({ input, output }: TokenCounts): LanguageModelV4Usage {
  return {
    inputTokens: { total: input, noCache: input, cacheRead: 0, cacheWrite: 0 },
    outputTokens: { total: output, text: output, reasoning: 0 },
    raw: { input_tokens: input, output_tokens: output, encoding: "o200k_base" },
  };
}
