/** A prompt of ours as the AI SDK's language-model interface takes it. */

import type { LanguageModelV4CallOptions, LanguageModelV4FunctionTool, LanguageModelV4Message } from "@ai-sdk/provider";
import type { ModelCall, PromptTurn } from "./model.ts";
import { wellFormed } from "./well-formed.ts";

/** Options that only our own model reads. */
const WAYBILL = "waybill";

/** The caller's tenant; "" if unknown. */
export function tenantOf({ providerOptions }: LanguageModelV4CallOptions): string {
  return String(providerOptions?.[WAYBILL]?.["tenant"] ?? "");
}

/** The options of one request: the whole prompt, the tools offered, and the caller's limits and `parameters`. */
export function callOptions(
  call: ModelCall,
  signal: AbortSignal,
  parameters: Partial<LanguageModelV4CallOptions> = {},
): LanguageModelV4CallOptions {
  return {
    prompt: call.prompt.map(message),
    ...(call.tools.length === 0
      ? {}
      : { tools: call.tools.map(offer), toolChoice: { type: call.toolChoice ?? "auto" } }),
    ...(call.temperature === undefined ? {} : { temperature: call.temperature }),
    ...(call.headers === undefined ? {} : { headers: call.headers }),
    ...parameters,
    ...(call.tenant === undefined
      ? {}
      : { providerOptions: { ...parameters.providerOptions, [WAYBILL]: { tenant: call.tenant } } }),
    ...leastOf(call.maxOutputTokens, parameters.maxOutputTokens),
    abortSignal: signal,
  };
}

function leastOf(...limits: (number | undefined)[]): { maxOutputTokens?: number } {
  const named = limits.filter((limit) => limit !== undefined);
  return named.length === 0 ? {} : { maxOutputTokens: Math.min(...named) };
}

function offer(tool: ModelCall["tools"][number]): LanguageModelV4FunctionTool {
  return { type: "function", name: tool.name, description: tool.description, inputSchema: tool.inputSchema };
}

function message(turn: PromptTurn): LanguageModelV4Message {
  switch (turn.role) {
    case "system":
      return { role: "system", content: turn.text.toWellFormed() };
    case "user":
      return {
        role: "user",
        content: [
          { type: "text", text: turn.text.toWellFormed() },
          ...(turn.files ?? []).map((file) => ({
            type: "file" as const,
            mediaType: file.mediaType,
            data: { type: "data" as const, data: file.base64 },
            ...(file.name === undefined ? {} : { filename: file.name }),
          })),
        ],
      };
    case "assistant":
      return {
        role: "assistant",
        content: [
          ...(turn.reasoning ?? []).map(({ text, state }) => ({
            type: "reasoning" as const,
            text: text.toWellFormed(),
            ...(state && { providerOptions: state }),
          })),
          // Providers refuse an empty text block, which a turn of tool calls only would have.
          ...(turn.text === "" ? [] : [{ type: "text" as const, text: turn.text.toWellFormed() }]),
          ...(turn.toolCalls ?? []).map((call) => ({
            type: "tool-call" as const,
            toolCallId: call.id,
            toolName: call.name,
            // Providers require an object here, and a call that was not JSON has none to return.
            input: call.invalid === undefined ? wellFormed(call.input) : {},
            ...(call.state && { providerOptions: call.state }),
          })),
        ],
      };
    case "tool":
      return {
        role: "tool",
        content: turn.results.map((result) => ({
          type: "tool-result" as const,
          toolCallId: result.id,
          toolName: result.name,
          output: {
            type: result.isError ? ("error-text" as const) : ("text" as const),
            value: result.output.toWellFormed(),
          },
        })),
      };
  }
}
