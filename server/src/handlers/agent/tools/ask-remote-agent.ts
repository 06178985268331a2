/**
 * Asks an agent of another server, as a task of kind `remote_agent` below the asking one: it has a log, a journal and a time of its
 * own, asks people as any task does, and is stopped with its parent, on the other side too.
 */
import { z } from "zod";
import { closingWordsOf } from "../../../task/agent/agent-message.ts";
import { textOf } from "../../../task/part.ts";
import { excerpt } from "../excerpt.ts";
import { defineTool, RESULT_CHARS_MAX, type Tool } from "../tool.ts";

const QUESTION_CHARACTERS_MAX = 20_000;
const NAME_CHARACTERS_MAX = 64;

const asked = z.strictObject({
  question: z
    .string()
    .trim()
    .min(1)
    .max(QUESTION_CHARACTERS_MAX)
    .describe("The question, complete: that agent sees nothing else of this conversation."),
});

/** The name of a configured remote agent's tool in `tools` of an agent. */
function remoteAgentToolName(agent: string): string {
  return `ask_${agent}`.slice(0, NAME_CHARACTERS_MAX);
}

/** The tool of the remote agent named `agent` in the configuration; its description says what that agent is good for. */
export function askRemoteAgentTool(agent: string, description: string): Tool {
  const name = remoteAgentToolName(agent);
  const tool = defineTool({
    name,
    description:
      `Hands a question to ${agent}, an agent of another server, and returns its answer. ${description}`.trim(),
    input: asked,
    run: () => {
      throw new Error(`${name} is carried out by the run.`);
    },
  });
  return {
    ...tool,
    carryOut: async (ctx, id, input, within) => {
      const { question } = asked.parse(input);
      const { reach, ...options } = within;
      const asks = { agent, query: question, ...(reach && { reach: [...reach] }) };
      const answer = await ctx.child(`remote ${id} ${agent}`, "remote_agent", asks, options);
      return { output: excerpt(textOf(closingWordsOf(answer)?.message.parts ?? []), RESULT_CHARS_MAX) };
    },
  };
}
