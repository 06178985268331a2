/** Chat completions as clients ask for and are sent them. */
import { z } from "zod";
import { named } from "../../openapi.ts";
import { dict, flag, maybe, text, textOrDicts } from "../pydantic.ts";

export const chatCompletion = named(
  z.object({
    messages: z.array(z.object({ role: text, content: textOrDicts })),
    additional_parameters: maybe(dict),
    context: maybe(dict),
    stream: maybe(flag),
  }),
  "ChatCompletion",
);
export const chatAnswer = named(
  z.object({
    id: z.string(),
    object: z.literal("chat.completion"),
    created: z.int(),
    model: z.string(),
    choices: z.array(
      z.object({
        index: z.int(),
        message: z.object({ role: z.literal("assistant"), content: z.string() }),
        finish_reason: z.literal("stop"),
      }),
    ),
    thread_id: z.uuid(),
  }),
  "ChatCompletionResponse",
);
export type ChatAnswer = z.output<typeof chatAnswer>;
