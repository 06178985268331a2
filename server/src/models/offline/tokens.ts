/** True token counts of the offline model: o200k_base of its input and output. */

import type { LanguageModelV4CallOptions } from "@ai-sdk/provider";
import { tokensIn } from "../../reference/text/tokens.ts";

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
