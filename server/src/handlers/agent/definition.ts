/** Agents as their authors write them, and the one that is there when nobody wrote any. */
import type { z } from "zod";
import { type AgentDefinition, agentDefinition } from "../../task/agent.ts";

/** Checks and completes an agent's definition. Throws a `ZodError` that names what is wrong. */
export function defineAgent(definition: z.input<typeof agentDefinition>): AgentDefinition {
  return agentDefinition.parse(definition);
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
