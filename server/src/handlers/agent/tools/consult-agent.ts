/**
 * Asks another agent, as a task below the asking one: it has a log, a journal and a price of its own, and ends with its parent. Agents
 * that ask one another in a circle end at the greatest depth of a tree of tasks.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { z } from "zod";
import { agentOutputOf, type Collaborator, outputText } from "../../../task/agent/agent.ts";
import type { Guardrails } from "../../../task/agent/guardrails.ts";
import { StepError } from "../../../task/handler.ts";
import { type JsonObject, jsonObject } from "../../../task/json/json.ts";
import { tellInTurns } from "../../../task/json/json-text.ts";
import type { AgentDirectory } from "../directory.ts";
import { excerpt, shortened } from "../excerpt.ts";
import { defineTool, RESULT_CHARS_MAX, type Tool } from "../tool.ts";

const CONSULT_AGENT = "consult_agent";
const QUESTION_CHARACTERS_MAX = 20_000;
const ABOUT_CHARACTERS_MAX = 300;

/**
 * The asked agent has the guardrails of the asking one. `directory` is null in a process without one: there only the engine finds out
 * that an agent is gone.
 */
export function consultAgentTool(
  collaborators: readonly Collaborator[],
  directory: AgentDirectory | null,
  guardrails: Guardrails | undefined,
): Tool {
  const known = collaborators.map(({ slug, name, description }) => {
    const about = shortened(description, ABOUT_CHARACTERS_MAX);
    return `- ${slug}: ${about === "" ? name : about}`;
  });
  const asked = z.strictObject({
    agent: z.enum(collaborators.map(({ slug }) => slug)).describe("Who is asked."),
    question: z
      .string()
      .trim()
      .min(1)
      .max(QUESTION_CHARACTERS_MAX)
      .describe("The question, complete: that agent sees nothing else of this conversation."),
  });
  const tool = defineTool({
    name: CONSULT_AGENT,
    description: `Hands a question to another agent and returns its answer. Agents:\n${known.join("\n")}`,
    input: asked,
    run: () => {
      throw new Error(`${CONSULT_AGENT} is carried out by the run.`);
    },
  });
  return {
    ...tool,
    carryOut: async (ctx, id, input, within) => {
      const { agent, question } = asked.parse(input);
      const isThere = await ctx.step(`find ${id} ${agent}`, async () => {
        return directory === null || (await directory.find(ctx.task, agent)) !== null;
      });
      if (!isThere) throw new StepError({ code: "not_found", message: `The agent ${agent} is not there any more.` });
      const given: JsonObject = {
        query: question,
        agent,
        ...(guardrails && { guardrails: jsonObject.parse(guardrails) }),
      };
      const answer = await ctx.child(`agent ${id} ${agent}`, "agent", given, within);
      const citations = agentOutputOf(answer)?.citations;
      const text = await tellInTurns(() => outputText(answer), nextTurn);
      return { output: excerpt(text, RESULT_CHARS_MAX), ...(citations && { citations }) };
    },
  };
}
