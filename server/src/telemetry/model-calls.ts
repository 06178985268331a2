/**
 * Model calls as parts of the trace of the task or the request that they are made for: what is sent says so in its headers,
 * and with tracing each call is a span, by the semantic conventions for generative AI.
 */
import { randomBytes } from "node:crypto";
import {
  type ModelAnswer,
  type ModelCall,
  ModelError,
  type Models,
  type PaidCall,
  type PromptTurn,
} from "../models/model.ts";
import { headersIn } from "../task/trace.ts";
import { callPlace } from "./call-place.ts";
import type { FinishedSpan } from "./span.ts";
import type { Tracing } from "./tracing.ts";

/** Of the prompt and of the answer in a span, where they are wanted. */
const CONTENT_CHARACTERS_MAX = 64 << 10;

/** The same models. `tracing` is null where nobody is told. */
export function tracedModels(models: Models, tracing: Tracing | null): Models {
  return { ...models, call: (call) => (tracing === null ? passedOn(models, call) : told(models, call, tracing)) };
}

/** With the trace of the task's caller, as it came. */
function passedOn(models: Models, call: ModelCall): Promise<ModelAnswer> {
  const place = callPlace(null);
  if (!place) return models.call(call);
  return models.call({ ...call, headers: { ...headersIn(place.trace, place.span), ...call.headers } });
}

async function told(models: Models, call: ModelCall, tracing: Tracing): Promise<ModelAnswer> {
  const place = callPlace(tracing);
  const id = randomBytes(8).toString("hex");
  const headers = place && { ...headersIn(place.trace, id), ...call.headers };
  const startMs = tracing.now();
  const begun = performance.now();
  let firstSeconds: number | null = null;
  const onBegun = () => {
    firstSeconds = (performance.now() - begun) / 1_000;
    call.onBegun?.();
  };
  const end = (answer: ModelAnswer | null, paid: PaidCall | undefined, error: FinishedSpan["error"]) => {
    const seconds = (performance.now() - begun) / 1_000;
    const said = { call, answer, paid, error, firstSeconds };
    tracing.sink.modelCall({ ...countsOf(said), seconds });
    if (!place?.trace.sampled) return;
    tracing.sink.span({
      name: `chat ${bareModel(call)}`,
      kind: "client",
      ...{ trace: place.trace.id, id, state: place.trace.state, remoteParent: false, parent: place.span },
      ...{ startMs, endMs: startMs + seconds * 1_000 },
      attributes: { ...attributesOf(said, tracing.contents), "waybill.task.id": place.task ?? undefined },
      error,
    });
  };
  try {
    const answer = await models.call({ ...call, ...(headers && { headers }), onBegun });
    end(answer, answer, null);
    return answer;
  } catch (error) {
    const type = error instanceof ModelError ? error.code : "failed";
    end(null, error instanceof ModelError ? error.spent : undefined, {
      type,
      message: error instanceof Error ? error.message : String(error),
    });
    throw error;
  }
}

type Said = {
  call: ModelCall;
  answer: ModelAnswer | null;
  /** What it has cost, also where it has brought no answer. */
  paid: PaidCall | undefined;
  error: FinishedSpan["error"];
  firstSeconds: number | null;
};

function countsOf({ call, paid, error, firstSeconds }: Said) {
  return {
    operation: "chat" as const,
    provider: providerOf(call),
    requestModel: bareModel(call),
    responseModel: paid?.model ?? null,
    firstSeconds,
    tokens: paid ? { input: paid.usage.inputTokens, output: paid.usage.outputTokens } : null,
    error: error?.type ?? null,
  };
}

function attributesOf({ call, answer, paid, firstSeconds }: Said, contents: boolean): FinishedSpan["attributes"] {
  const usage = paid?.usage;
  return {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": providerOf(call),
    "gen_ai.request.model": bareModel(call),
    "gen_ai.request.stream": true,
    "gen_ai.request.max_tokens": call.maxOutputTokens,
    "gen_ai.request.temperature": call.temperature,
    "gen_ai.response.model": paid?.model,
    "gen_ai.response.finish_reasons": answer ? [answer.finish] : undefined,
    "gen_ai.response.time_to_first_chunk": firstSeconds ?? undefined,
    "gen_ai.usage.input_tokens": usage?.inputTokens,
    "gen_ai.usage.output_tokens": usage?.outputTokens,
    "gen_ai.usage.cache_read.input_tokens": usage?.cacheReadTokens || undefined,
    "gen_ai.usage.cache_creation.input_tokens": usage?.cacheWriteTokens || undefined,
    "waybill.cost_usd": paid?.costUsd ?? undefined,
    ...(contents && {
      "gen_ai.input.messages": jsonOf(call.prompt.map(messageOf)),
      "gen_ai.output.messages": answer ? jsonOf([answered(answer)]) : undefined,
    }),
  };
}

function providerOf({ model }: ModelCall): string {
  return model.slice(0, model.indexOf(":"));
}

function bareModel({ model }: ModelCall): string {
  return model.slice(model.indexOf(":") + 1);
}

function jsonOf(messages: unknown[]): string {
  return JSON.stringify(messages).slice(0, CONTENT_CHARACTERS_MAX).toWellFormed();
}

function messageOf(turn: PromptTurn) {
  if (turn.role === "tool") {
    const parts = turn.results.map(({ id, output }) => ({ type: "tool_call_response", id, response: output }));
    return { role: "tool", parts };
  }
  const calls = turn.role === "assistant" ? (turn.toolCalls ?? []) : [];
  return { role: turn.role, parts: [{ type: "text", content: turn.text }, ...calls.map(callPart)] };
}

function answered({ text, toolCalls, finish }: ModelAnswer) {
  const parts = [...(text === "" ? [] : [{ type: "text", content: text }]), ...toolCalls.map(callPart)];
  return { role: "assistant", parts, finish_reason: finish };
}

function callPart({ id, name, input }: ModelAnswer["toolCalls"][number]) {
  return { type: "tool_call", id, name, arguments: input };
}
