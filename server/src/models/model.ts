/**
 * The interface of language models: choose one, ask it once, get text, tool calls and usage. It knows nothing of tasks: the engine
 * retries, journals and keeps budgets; a call here is exactly one request to a provider.
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

/** Data that a provider wants back, by the provider's name: signatures, encrypted items, ids. */
export type ProviderState = Record<string, JsonObject>;

/** The model's reasoning before its answer. Providers want it back within one run, whole and unchanged. */
export type Reasoning = { text: string; state?: ProviderState };

/** A call as the model wrote it. `input` is any JSON: the caller checks it against the tool's schema. */
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
  /** `none` shows the tools, which a prompt with earlier calls needs, and forbids calls. Default `auto`. */
  toolChoice?: "auto" | "none";
  maxOutputTokens?: number;
  temperature?: number;
  /** Generation parameters; they precede the two fields above. */
  parameters?: GenerationParameters;
  /** Sent with the request. */
  headers?: Record<string, string>;
  /** The caller's tenant: a local model answers one call after the other, with the tenants in rotation. */
  tenant?: string;
  /** Aborts the request; the call then rejects with `aborted`. */
  signal: AbortSignal;
  /** Called once, when the model has begun to answer: with text, reasoning or a call. */
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
  /** Absent if the provider returns none. */
  reasoning?: Reasoning[];
  toolCalls: ToolCall[];
  finish: "stop" | "tool_calls" | "length" | "content_filter" | "other";
  usage: Usage;
  /** The provider's own usage object, unchanged; `{ estimated: true }` if it stated no counts and `usage` is our own. */
  rawUsage: unknown;
  /** The model and the provider, as the provider names them. */
  model: string;
  provider: string;
  /** US dollars by the dated price table; null when the model has no price there. Local models cost 0. */
  costUsd: number | null;
  /** How the answer ended, and which parameters were ignored; absent if the call had none. */
  generation?: GenerationReport;
};

/** The cost of a call, whether or not it brought an answer. */
export type PaidCall = Pick<ModelAnswer, "usage" | "rawUsage" | "model" | "provider" | "costUsd">;

/** Failures of a call. `retryAfterMs` is the provider's own wish, if it stated one. */
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
    // Providers repeat parts of a request: people without the key read the reason of a failure too.
    super(withoutSecrets(message), { cause: options.cause });
    this.code = code;
    this.retryable = code === "rate_limited" || code === "unavailable" || code === "bad_answer";
    this.retryAfterMs = options.retryAfterMs;
    this.wasAnswered = options.wasAnswered ?? false;
  }
}

/** The only way to reach a language model. */
export interface Models {
  /** The model used when nobody names one. */
  readonly defaultModel: ModelId;
  /** The model of a tier; the default model if the configuration names none. */
  forTier(tier: Tier): ModelId;
  /** Completes a name that lacks its provider (`gpt-5-mini`), or throws `unknown_model`, listing what is configured. */
  resolve(name: string, provider?: string): ModelId;
  /** Names of the providers that can be called as configured. */
  providers(): string[];
  /** Text of its answer may be followed by calls of tools. */
  speaksBeforeCalls(model: ModelId): boolean;
  /** The smallest bound on its answer that it accepts, in tokens. */
  answerTokensMin(model: ModelId): number;
  /** How long its first token may take, in milliseconds. */
  firstTokenMs(model: ModelId): number;
  /** Tokens of the model's context, prompt and answer together; null if unknown. */
  contextTokens(model: ModelId): number | null;
  /** The model's price; null if unknown. */
  price(model: ModelId): Price | null;
  /** One request, never retried here. Rejects with `ModelError` only. */
  call(call: ModelCall): Promise<ModelAnswer>;
}
