/**
 * The wire of each provider as its API documents it: the events of a streamed answer, its error bodies, its counts.
 * A protocol is a table of functions that return lines of server-sent events.
 */

import { type Counts, type ScriptedCall, usualCounts } from "./behaviour.ts";

export type Protocol = {
  name: "openai-responses" | "openai-chat" | "anthropic";
  opening(model: string, counts: Counts): string[];
  /** With so many alternatives to each token told beside it, where the protocol can. */
  text(piece: string, alternatives?: number): string[];
  /** What closes the text, when there was any, and then carries the calls. */
  calls(calls: readonly ScriptedCall[], afterText: boolean): string[];
  closing(
    reason: "stop" | "tool_calls" | "length",
    model: string,
    counts: Counts,
    text: string,
    afterText: boolean,
  ): string[];
  streamError(code: string, message: string): string[];
  errorBody(status: number, message: string): string;
};

function event(data: Record<string, unknown>, name?: string): string {
  return `${name === undefined ? "" : `event: ${name}\n`}data: ${JSON.stringify(data)}\n\n`;
}

function argumentText(call: ScriptedCall): string {
  return typeof call.arguments === "string" ? call.arguments : JSON.stringify(call.arguments);
}

const createdAt = 1_767_225_600;

function responsesEvent(data: { type: string } & Record<string, unknown>): string {
  return event({ sequence_number: 0, ...data }, data.type);
}

function responsesUsage(counts: Counts): Record<string, unknown> {
  return {
    input_tokens: counts.input,
    input_tokens_details: { cached_tokens: counts.cacheRead ?? 0 },
    output_tokens: counts.output,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: counts.input + counts.output,
  };
}

const responsesMessage = { type: "message", id: "msg_1", role: "assistant", status: "in_progress", content: [] };

export const openaiResponses: Protocol = {
  name: "openai-responses",
  opening: (model) => {
    const response = {
      id: "resp_1",
      object: "response",
      created_at: createdAt,
      status: "in_progress",
      model,
      output: [],
    };
    return [
      responsesEvent({ type: "response.created", response }),
      responsesEvent({ type: "response.in_progress", response }),
      responsesEvent({ type: "response.output_item.added", output_index: 0, item: responsesMessage }),
      responsesEvent({
        type: "response.content_part.added",
        item_id: "msg_1",
        output_index: 0,
        content_index: 0,
        part: { type: "output_text", text: "", annotations: [] },
      }),
    ];
  },
  text: (piece, alternatives) => [
    responsesEvent({
      type: "response.output_text.delta",
      item_id: "msg_1",
      output_index: 0,
      content_index: 0,
      delta: piece,
      logprobs: alternatives === undefined ? [] : logprobsOf(piece, alternatives).content,
    }),
  ],
  calls: (calls) =>
    calls.flatMap((call, index) => {
      const item = {
        type: "function_call",
        id: `fc_${call.id}`,
        call_id: call.id,
        name: call.name,
        arguments: "",
        status: "in_progress",
      };
      const place = { item_id: item.id, output_index: index + 1 };
      const text = argumentText(call);
      return [
        responsesEvent({ type: "response.output_item.added", output_index: index + 1, item }),
        responsesEvent({ type: "response.function_call_arguments.delta", ...place, delta: text }),
        responsesEvent({ type: "response.function_call_arguments.done", ...place, arguments: text }),
        responsesEvent({
          type: "response.output_item.done",
          output_index: index + 1,
          item: { ...item, arguments: text, status: "completed" },
        }),
      ];
    }),
  closing: (reason, model, counts, text) => {
    const part = { type: "output_text", text, annotations: [] };
    const item = { ...responsesMessage, status: "completed", content: [part] };
    const response = {
      id: "resp_1",
      object: "response",
      created_at: createdAt,
      model,
      output: [item],
      status: reason === "length" ? "incomplete" : "completed",
      incomplete_details: reason === "length" ? { reason: "max_output_tokens" } : null,
      usage: responsesUsage(counts),
    };
    return [
      responsesEvent({ type: "response.output_text.done", item_id: "msg_1", output_index: 0, content_index: 0, text }),
      responsesEvent({ type: "response.content_part.done", item_id: "msg_1", output_index: 0, content_index: 0, part }),
      responsesEvent({ type: "response.output_item.done", output_index: 0, item }),
      responsesEvent({ type: reason === "length" ? "response.incomplete" : "response.completed", response }),
    ];
  },
  streamError: (code, message) => [responsesEvent({ type: "error", code, message, param: null })],
  errorBody: openaiError,
};

function openaiError(status: number, message: string): string {
  const [type, code] =
    status === 429
      ? ["rate_limit_error", "rate_limit_exceeded"]
      : status >= 500
        ? ["server_error", null]
        : ["invalid_request_error", status === 401 ? "invalid_api_key" : null];
  return JSON.stringify({ error: { message, type, param: null, code } });
}

function chunk(model: string, choices: unknown[], usage: unknown = null): string {
  return event({ id: "chatcmpl-1", object: "chat.completion.chunk", created: createdAt, model, choices, usage });
}

function delta(content: Record<string, unknown>, finish: string | null = null, logprobs: unknown = null): unknown[] {
  return [{ index: 0, delta: content, logprobs, finish_reason: finish }];
}

/** The piece as one token, which is the likeliest of its place. */
function logprobsOf(token: string, alternatives: number): { content: Record<string, unknown>[] } {
  const top = Array.from({ length: alternatives }, (_, place) => ({
    token: place === 0 ? token : `${token}${place}`,
    logprob: -0.5 - place,
    bytes: null,
  }));
  return { content: [{ token, logprob: -0.5, bytes: null, top_logprobs: top }] };
}

export const openaiChat: Protocol = {
  name: "openai-chat",
  opening: (model) => [chunk(model, delta({ role: "assistant", content: "" }))],
  text: (piece, alternatives) => [
    chunk(
      "scripted",
      delta({ content: piece }, null, alternatives === undefined ? null : logprobsOf(piece, alternatives)),
    ),
  ],
  calls: (calls) =>
    calls.flatMap((call, index) => {
      const text = argumentText(call);
      const middle = Math.ceil(text.length / 2);
      return [
        chunk(
          "scripted",
          delta({
            tool_calls: [{ index, id: call.id, type: "function", function: { name: call.name, arguments: "" } }],
          }),
        ),
        chunk("scripted", delta({ tool_calls: [{ index, function: { arguments: text.slice(0, middle) } }] })),
        chunk("scripted", delta({ tool_calls: [{ index, function: { arguments: text.slice(middle) } }] })),
      ];
    }),
  closing: (reason, model, counts) => [
    chunk(model, delta({}, reason)),
    chunk(model, [], {
      prompt_tokens: counts.input,
      completion_tokens: counts.output,
      total_tokens: counts.input + counts.output,
      prompt_tokens_details: { cached_tokens: counts.cacheRead ?? 0 },
    }),
    "data: [DONE]\n\n",
  ],
  streamError: (code, message) => [event({ error: { message, type: code, code } })],
  errorBody: openaiError,
};

function anthropicEvent(data: { type: string } & Record<string, unknown>): string {
  return event(data, data.type);
}

const anthropicErrors: Readonly<Record<number, string>> = {
  400: "invalid_request_error",
  401: "authentication_error",
  403: "permission_error",
  404: "not_found_error",
  413: "request_too_large",
  429: "rate_limit_error",
  500: "api_error",
  529: "overloaded_error",
};

export const anthropic: Protocol = {
  name: "anthropic",
  opening: (model, counts) => [
    anthropicEvent({
      type: "message_start",
      message: {
        id: "msg_1",
        type: "message",
        role: "assistant",
        model,
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: {
          input_tokens: counts.input - (counts.cacheRead ?? 0) - (counts.cacheWrite ?? 0),
          cache_creation_input_tokens: counts.cacheWrite ?? 0,
          cache_read_input_tokens: counts.cacheRead ?? 0,
          output_tokens: 1,
        },
      },
    }),
    anthropicEvent({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } }),
    anthropicEvent({ type: "ping" }),
  ],
  text: (piece) => [
    anthropicEvent({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: piece } }),
  ],
  calls: (calls) => [
    anthropicEvent({ type: "content_block_stop", index: 0 }),
    ...calls.flatMap((call, index) => [
      anthropicEvent({
        type: "content_block_start",
        index: index + 1,
        content_block: { type: "tool_use", id: call.id, name: call.name, input: {} },
      }),
      anthropicEvent({
        type: "content_block_delta",
        index: index + 1,
        delta: { type: "input_json_delta", partial_json: argumentText(call) },
      }),
      anthropicEvent({ type: "content_block_stop", index: index + 1 }),
    ]),
  ],
  closing: (reason, _model, counts, _text, afterText) => [
    ...(afterText ? [anthropicEvent({ type: "content_block_stop", index: 0 })] : []),
    anthropicEvent({
      type: "message_delta",
      delta: {
        stop_reason: { stop: "end_turn", tool_calls: "tool_use", length: "max_tokens" }[reason],
        stop_sequence: null,
      },
      usage: { output_tokens: counts.output },
    }),
    anthropicEvent({ type: "message_stop" }),
  ],
  streamError: (code, message) => [anthropicEvent({ type: "error", error: { type: code, message } })],
  errorBody: (status, message) =>
    JSON.stringify({
      type: "error",
      error: { type: anthropicErrors[status] ?? "api_error", message },
      request_id: "req_1",
    }),
};

/** The protocol that a path belongs to. Ollama is spoken to by its OpenAI-compatible chat endpoint. */
export function protocolOf(path: string): Protocol | undefined {
  if (path.endsWith("/responses")) return openaiResponses;
  if (path.endsWith("/chat/completions")) return openaiChat;
  if (path.endsWith("/messages")) return anthropic;
  return undefined;
}

export const countsOf = (counts: Counts | undefined): Counts => counts ?? usualCounts;
