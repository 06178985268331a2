/** Agents as their authors write them, and the one that is there when nobody wrote any. */
import { z } from "zod";
import { type AgentDefinition, type AgentInput, agentDefinition } from "../../task/agent/agent.ts";
import type { Context } from "../../task/handler.ts";
import type { Json } from "../../task/json/json.ts";

/** An agent's run in code of one's own, under the rules of `Context`. What it returns is the task's output. */
export type AgentRun = (ctx: Context, input: AgentInput) => Promise<Json>;

/** An agent of the configuration: its run may be code, where others ask a model. */
export const configuredAgent = agentDefinition
  .extend({
    run: z.custom<AgentRun>((value) => typeof value === "function", "must be a function").optional(),
    /**
     * Some of its answers are a message alone (see `ClosingWords`), so that an API which can answer so waits to hear which
     * before it shows a task.
     */
    answersAlone: z.boolean().optional(),
  })
  .superRefine(({ run, answersAlone, guardrails }, { addIssue }) => {
    const told = (path: string, message: string) => addIssue({ code: "custom", path: [path], message });
    if (run !== undefined && guardrails !== undefined) told("guardrails", "look at models, and its run is code");
    if (run === undefined && answersAlone !== undefined) told("answersAlone", "is for an agent with a run of its own");
  });
export type ConfiguredAgent = z.output<typeof configuredAgent>;

/** Checks and completes an agent's definition. Throws a `ZodError` that names what is wrong. */
export function defineAgent(definition: z.input<typeof configuredAgent>): ConfiguredAgent {
  return configuredAgent.parse(definition);
}

/** What of an agent is data. */
export function definitionOf({ run: _, answersAlone: __, ...definition }: ConfiguredAgent): AgentDefinition {
  return definition;
}

/** Answers whatever has no agent of its own. */
export const assistant = defineAgent({
  slug: "assistant",
  name: "Assistant",
  description: "A general assistant with the built-in tools.",
  instructions: [
    "You are a helpful assistant. Answer the person's request directly and in their language.",
    "Use a tool where it gives a surer answer than you can: arithmetic, dates and times, units, facts about countries, the meaning of words.",
    "When you do not know, say so.",
  ].join("\n"),
});
