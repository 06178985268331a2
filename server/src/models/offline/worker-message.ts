/** Messages between the server's thread and the offline model's. Both sides are this package, so types suffice. */

import type { LanguageModelV4CallOptions } from "@ai-sdk/provider";
import type { Answer } from "./answer.ts";

export type WorkerRequest = {
  id: number;
  prompt: Pick<LanguageModelV4CallOptions, "prompt" | "tools" | "toolChoice">;
  maxOutputTokens: number;
};

/** Each request gets both, the answer first. */
export type WorkerResponse = { id: number; answer: LimitedAnswer } | { id: number; counts: TokenCounts };

/** `cut`: the answer was longer than allowed, and this is its beginning. */
export type LimitedAnswer = Answer & { cut: boolean };
export type TokenCounts = { input: number; output: number };
