/** What passes between the server's thread and the offline model's. Both sides are this package, so types suffice. */

import type { LanguageModelV4CallOptions } from "@ai-sdk/provider";
import type { Answer } from "./answer.ts";

export type DeskQuestion = { id: number; options: Pick<LanguageModelV4CallOptions, "prompt" | "tools"> };
export type DeskAnswer = { id: number; answer: Answer };
export type DeskCounts = { id: number; counts: { input: number; output: number } };
