/** Honest token counts for the offline model: o200k_base of what it reads and writes. */

import type { LanguageModelV4CallOptions } from "@ai-sdk/provider";
import { countTokens } from "gpt-tokenizer/encoding/o200k_base";

/**
 * A run of letters without a space is quadratic work for the tokenizer (200,000 letters took 28 s), and no word is this
 * long: it is counted in pieces.
 */
const runCharsMax = 256;
/** Beyond this, about a million tokens, the rest is counted in proportion. */
const countedCharsMax = 4_000_000;

/** The tokens of a text. */
export function tokensIn(text: string): number {
  const counted = text.slice(0, countedCharsMax);
  let tokens = 0;
  for (const piece of pieces(counted))
    tokens += countTokens(piece, { allowedSpecial: new Set(), disallowedSpecial: new Set() });
  return counted.length === text.length ? tokens : Math.round((tokens * text.length) / counted.length);
}

/** The tokens of a prompt as a model reads it, with the tools on offer. */
export function tokensOfPrompt(options: Pick<LanguageModelV4CallOptions, "prompt" | "tools">): number {
  let tokens = 0;
  for (const message of options.prompt) tokens += tokensPerMessage + tokensIn(spelled(message.content));
  for (const tool of options.tools ?? []) tokens += tokensIn(JSON.stringify(tool));
  return tokens;
}

/** The marks around a message: its start, its role, its end. */
const tokensPerMessage = 4;

function spelled(content: LanguageModelV4CallOptions["prompt"][number]["content"]): string {
  if (typeof content === "string") return content;
  return content
    .map((part) => {
      switch (part.type) {
        case "text":
          return part.text;
        case "tool-call":
          return `${part.toolName} ${JSON.stringify(part.input)}`;
        case "tool-result":
          return "value" in part.output
            ? typeof part.output.value === "string"
              ? part.output.value
              : JSON.stringify(part.output.value)
            : "";
        case "file":
          return part.data.type === "text" ? part.data.text : "";
        default:
          return "";
      }
    })
    .join("\n");
}

const pieceCharsMax = 16_384;

function* pieces(text: string): Iterable<string> {
  let start = 0;
  while (start < text.length) {
    const end = Math.min(text.length, start + pieceCharsMax);
    // Cut before a space where there is one: a token starts with the space before its word.
    const space = end === text.length ? end : text.lastIndexOf(" ", end);
    const cut = space > start ? space : end;
    yield* runs(text.slice(start, cut));
    start = cut;
  }
}

function* runs(text: string): Iterable<string> {
  const long = new RegExp(`\\S{${runCharsMax + 1},}`, "g");
  if (!long.test(text)) {
    yield text;
    return;
  }
  for (let start = 0; start < text.length; start += runCharsMax) yield text.slice(start, start + runCharsMax);
}
