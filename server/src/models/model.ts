/**
 * What the rest of Waybill knows of language models: choose one, ask it once, get text, tool calls and usage.
 * It knows nothing of tasks: the engine retries, journals and budgets; a call here is exactly one request to a provider.
 */

import type { GenerationParameters, GenerationReport } from "../task/agent/generation-parameters.ts";
import type { JsonObject } from "../task/json/json.ts";
import { withoutSecrets } from "../task/text/redaction.ts";
import type { Price } from "./price-table.ts";

/** One turn of the prompt. Tool results follow the assistant turn that asked for them. */
export type PromptTurn =
  | { role: "system"; text: string }
  | { role: "user"; text: string; files?: PromptFile[] }
  | { role: "assistant"; text: string; reasoning?: Reasoning[]; toolCalls?: ToolCall[] }
  | { role: "tool"; results: ToolResult[] };

export type PromptFile = { mediaType: string; name?: string; base64: string };

/** What a provider wants back with words of its own, by the provider's name: signatures, encrypted items, ids. */
export type ProviderState = Record<string, JsonObject>;

/** What the model thought before it spoke. Providers want it back within one run, whole and as they gave it. */
export type Reasoning = { text: string; state?: ProviderState };

/** A call as the model wrote it. `input` is whatever JSON it sent: the caller checks it against the tool's schema. */
export type ToolCall = { id: string; name: string; input: unknown; invalid?: string; state?: ProviderState };

type ToolResult = { id: string; name: string; output: string; isError: boolean };

/** A tool as the model sees it. `inputSchema` is a JSON Schema object. */
export type ToolOffer = { name: string; description: string; inputSchema: Record<string, unknown> };

/** `anthropic:claude-…`, `openai:gpt-…`, `ollama:…`, `local:reference`, or `<configured name>:<model>`. */
export type ModelId = `${string}:${string}`;

type Tier = "small" | "medium" | "large";

export type ModelCall = {
  model: ModelId;
  prompt: PromptTurn[];
  tools: ToolOffer[];
  /** `none` shows the tools, which a prompt with earlier calls needs, and forbids to call them. Default `auto`. */
  toolChoice?: "auto" | "none";
  maxOutputTokens?: number;
  temperature?: number;
  /** How the model is asked to generate; more exact than the two fields above, and before them. */
  parameters?: GenerationParameters;
  /** Sent along with the request. */
  headers?: Record<string, string>;
  /** Whose it is: a model of this machine answers one call after the other, those of several tenants in turn. */
  tenant?: string;
  /** Aborts the request; the call then rejects with `aborted`. */
  signal: AbortSignal;
  /** The model has begun to answer: with text, reasoning or a call. Once. */
  onBegun?: () => void;
  /** Pieces of the answer's text in order, as they arrive. */
  onText?: (piece: string) => void;
};

/** Token counts as the provider states them; `inputTokens` includes both cache counts. */
export type Usage = {
  inputTokens: number;
  outputTokens: number;
  cacheReadTokens: number;
  cacheWriteTokens: number;
};

export type ModelAnswer = {
  text: string;
  /** Absent where the provider tells none. */
  reasoning?: Reasoning[];
  toolCalls: ToolCall[];
  finish: "stop" | "tool_calls" | "length" | "content_filter" | "other";
  usage: Usage;
  /** The provider's own usage object, untouched; `{ estimated: true }` where it stated no counts and `usage` is our own. */
  rawUsage: unknown;
  /** As the provider names the model that answered, and the provider's name. */
  model: string;
  provider: string;
  /** US dollars by the dated price table; null when the model has no price there. Local models cost 0. */
  costUsd: number | null;
  /** How it ended, and what of the call's parameters was not done; absent where the call had none. */
  generation?: GenerationReport;
};

/** What a call has cost, whether or not it brought an answer. */
export type PaidCall = Pick<ModelAnswer, "usage" | "rawUsage" | "model" | "provider" | "costUsd">;

/** What the world of providers can do to a call. `retryAfterMs` is the provider's own wish, when it said one. */
export type ModelErrorCode =
  | "rate_limited" // 429, 529
  | "unavailable" // 5xx, refused or broken connection, a stream cut in the middle, a stream that stalls
  | "bad_answer" // the provider's bytes are not its protocol
  | "prompt_too_long" // more than the model can hold: only a shorter one helps
  | "refused" // 400, 401, 403, 404, 413: asking again does not help
  | "unknown_model"
  | "aborted";

export class ModelError extends Error {
  override readonly name = "ModelError";
  readonly code: ModelErrorCode;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  /** Of a call that failed after the model had begun to answer: by our own count, as no provider states one then. */
  spent: PaidCall | undefined;
  /** The model has answered, though nothing of that could be read. */
  readonly wasAnswered: boolean;

  constructor(
    code: ModelErrorCode,
    message: string,
    options: { retryAfterMs?: number; wasAnswered?: boolean; cause?: unknown } = {},
  ) {
    // Providers repeat what they were sent: the reason of a failure is read by others than who has the key.
    super(withoutSecrets(message), { cause: options.cause });
    this.code = code;
    this.retryable = code === "rate_limited" || code === "unavailable" || code === "bad_answer";
    this.retryAfterMs = options.retryAfterMs;
    this.wasAnswered = options.wasAnswered ?? false;
  }
}

/** The one way to reach a language model. */
export interface Models {
  /** The model used when nobody names one. */
  readonly defaultModel: ModelId;
  /** The model of a tier; the default model where the configuration names none. */
  forTier(tier: Tier): ModelId;
  /** Completes a name that lacks its provider (`gpt-5-mini`), or throws `unknown_model`, listing what is configured. */
  resolve(name: string, provider?: string): ModelId;
  /** Names of the providers that can be called as configured. */
  providers(): string[];
  /** Text of its answer may be followed by calls of tools. */
  speaksBeforeCalls(model: ModelId): boolean;
  /** The least that its answer may be bounded to, in tokens. */
  answerTokensMin(model: ModelId): number;
  /** How long its first token may take, in milliseconds. */
  firstTokenMs(model: ModelId): number;
  /** Tokens that the model can hold, prompt and answer together; null where nobody has said. */
  contextTokens(model: ModelId): number | null;
  /** What the model costs; null where nobody has said. */
  price(model: ModelId): Price | null;
  /** One request, never retried here. Rejects with `ModelError` only. */
  call(call: ModelCall): Promise<ModelAnswer>;
}
