/** Agents as their authors write them, and the default one. */
import { z } from "zod";
import { type AgentDefinition, type AgentInput, agentDefinition } from "../../task/agent/agent.ts";
import type { Context } from "../../task/handler.ts";
import type { Json } from "../../task/json/json.ts";

/** An agent's run in its author's code, under the rules of `Context`. The result is the task's output. */
export type AgentRun = (ctx: Context, input: AgentInput) => Promise<Json>;

/** A configured agent: its run may be code instead of a model. */
export const configuredAgent = agentDefinition
  .extend({
    run: z.custom<AgentRun>((value) => typeof value === "function", "must be a function").optional(),
    /** Some of its answers are only a message (see `ClosingWords`), so an API with such answers waits for it before it shows a task. */
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

/** The data of an agent, without its code. */
export function definitionOf({ run: _, answersAlone: __, ...definition }: ConfiguredAgent): AgentDefinition {
  return definition;
}

/** Runs inputs that name no agent. */
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
