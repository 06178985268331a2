/** What passes between the server's thread and the offline model's. Both sides are this package, so types suffice. */

import type { LanguageModelV4CallOptions } from "@ai-sdk/provider";
import type { Answer } from "./answer.ts";

export type Prompt = Pick<LanguageModelV4CallOptions, "prompt" | "tools" | "toolChoice">;

export type DeskQuestion = { id: number; options: Prompt; maxOutputTokens: number };
/** `cut`: the answer was longer than allowed, and this is its beginning. */
export type GivenAnswer = Answer & { cut: boolean };
export type DeskAnswer = { id: number; answer: GivenAnswer };
export type DeskCounts = { id: number; counts: { input: number; output: number } };
