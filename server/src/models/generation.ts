/**
 * Applies a call's parameters to one answer: the fields of its request, the part of the text that is passed on, its early end, and the
 * report at the end.
 */

import type { LanguageModelV4CallOptions, LanguageModelV4StreamPart } from "@ai-sdk/provider";
import type { GenerationParameters, GenerationReport, IgnoredParameter } from "../task/agent/generation-parameters.ts";
import { firstTokens, lastTokens, textsOf, tokensOf } from "./last-tokens.ts";
import { TokenReport } from "./logprobs.ts";
import type { ModelAnswer, ModelCall, PromptTurn } from "./model.ts";
import { cutAfter, type Host, ignoredByPackage, logprobsWanted, parameterRequest, stopsOf } from "./parameters.ts";
import { StopSequences } from "./stop-sequences.ts";

/** Characters of the input in the report. */
const INPUT_TEXT_CHARACTERS_MAX = 100_000;

/** Why the reading of an answer ended before the provider ended it. */
export type EarlyStop = "stop_sequence" | "time_limit" | "max_tokens";

export class Generation {
  readonly options: Partial<LanguageModelV4CallOptions>;
  readonly prompt: PromptTurn[];
  /** Milliseconds that the answer may take; null without a limit. */
  readonly timeLimitMs: number | null;
  readonly #asked: GenerationParameters;
  readonly #stops: StopSequences;
  readonly #tokens = new TokenReport();
  readonly #ignored: IgnoredParameter[];
  readonly #providerName: string;
  #text = "";
  #longEnough: boolean;
  /** Tokens of the text that are passed on if the provider may give more; null if it gives no more. */
  readonly #cutAfter: number | null;
  #isCut = false;

  /** Throws nothing. A prompt beyond `truncateInputTokens` is cut before the request. */
  static async of(call: ModelCall, parameters: GenerationParameters, host: Host, model: string): Promise<Generation> {
    return new Generation(await lastTokens(call.prompt, parameters.truncateInputTokens ?? 0), parameters, host, model);
  }

  private constructor(prompt: PromptTurn[], asked: GenerationParameters, host: Host, model: string) {
    const { options, ignored } = parameterRequest(asked, host, model);
    this.options = { ...options, ...(logprobsWanted(asked) > 0 && { includeRawChunks: true }) };
    this.prompt = prompt;
    const { timeLimitMs = 0 } = asked;
    this.timeLimitMs = timeLimitMs > 0 ? timeLimitMs : null;
    this.#asked = asked;
    this.#stops = new StopSequences(stopsOf(asked), { include: asked.includeStopSequence === true });
    this.#ignored = ignored;
    this.#providerName = host.name;
    this.#cutAfter = cutAfter(asked, host);
    this.#longEnough = (asked.minNewTokens ?? 0) === 0;
  }

  /** A part of the stream other than text. */
  note(part: LanguageModelV4StreamPart): void {
    if (part.type === "stream-start") this.#ignored.push(...ignoredByPackage(part.warnings, this.#asked));
    if (part.type === "raw") this.#tokens.addChunk(part.rawValue);
    if (part.type === "finish") this.#tokens.addMetadata(part.providerMetadata);
  }

  /** The part of a piece of text that is passed on. */
  async push(given: string): Promise<string> {
    const piece = this.#cutAfter === null ? given : await this.#within(this.#cutAfter, given);
    this.#text += piece;
    if (!this.#longEnough) {
      this.#longEnough = (await tokensOf([this.#text])) > (this.#asked.minNewTokens ?? 0);
      if (!this.#longEnough) return this.#stops.push(piece, true);
    }
    return this.#stops.push(piece);
  }

  /** Why no more text is passed on; null while more may be. */
  get stopped(): EarlyStop | null {
    if (this.#stops.stoppedBy !== null) return "stop_sequence";
    return this.#isCut ? "max_tokens" : null;
  }

  /** The part of the next piece within the first tokens of the text. */
  async #within(tokens: number, piece: string): Promise<string> {
    const text = this.#text + piece;
    const first = await firstTokens(text, tokens);
    this.#isCut = first.length < text.length;
    return first.slice(this.#text.length);
  }

  /** Text that was held back and can be passed on, once no more comes. */
  rest(): string {
    return this.#stops.end();
  }

  report(finish: ModelAnswer["finish"], early: EarlyStop | null): GenerationReport {
    const { returns = {} } = this.#asked;
    const wanted = logprobsWanted(this.#asked) > 0;
    const tokens = wanted ? this.#tokens.tokens(this.#asked) : null;
    const ignored = [...this.#ignored];
    if (wanted && tokens === null && !ignored.some(({ parameter }) => parameter === "returns")) {
      ignored.push({ parameter: "returns", reason: `${this.#providerName} told nothing of single tokens.` });
    }
    return {
      stopReason: early ?? (finish === "length" ? "max_tokens" : "end"),
      ignored,
      ...(returns.inputParameters && { inputParameters: this.#asked }),
      ...(returns.inputText && { inputText: inputTextOf(this.prompt) }),
      ...(tokens && { generatedTokens: tokens }),
    };
  }
}

function inputTextOf(prompt: readonly PromptTurn[]): string {
  return [...textsOf(prompt)].join("\n\n").slice(-INPUT_TEXT_CHARACTERS_MAX);
}
