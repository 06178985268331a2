/** What a run was asked with, by which agent and in which thread: whatever of this wire speaks of a task tells it. */
import { z } from "zod";
import { agentInput } from "../../../task/agent/agent.ts";
import { uuidFromTaskId } from "../../../task/id.ts";
import { isJsonObject, type JsonObject } from "../../../task/json/json.ts";
import type { Task } from "../../../task/task.ts";

/** The thread of a run; a task in no conversation is one by itself. */
export function threadOf(task: Task): string {
  return task.conversation ?? uuidFromTaskId(task.id);
}

/** What is read of an agent's input: not its attachments, which are large. */
const askedInput = z.object(
  agentInput.pick({ agent: true, bound: true, parameters: true, guardrails: true, context: true }).shape,
);
export type Asked = z.output<typeof askedInput>;

/** What an agent was asked with beside its query; nothing for a task of another kind. */
export function askedOf({ kind, input }: Pick<Task, "kind" | "input">): Asked {
  return (kind === "agent" && askedInput.safeParse(input).data) || {};
}

/** The agent that ran: by its id, where the task says it. */
export function agentOf(task: Pick<Task, "kind" | "input">): string | null {
  const { agent = null, bound, context = {} } = askedOf(task);
  const named = context["agent_id"];
  return bound?.id ?? (typeof named === "string" ? named : agent);
}

/** What people call that agent, as far as the task says it. */
export function agentNameOf(task: Pick<Task, "kind" | "input">): string | null {
  const { agent = null, bound, context = {} } = askedOf(task);
  const named = context["agent_name"];
  return typeof named === "string" ? named : (bound?.name ?? agent);
}

export function objectIn(value: unknown): JsonObject | null {
  return isJsonObject(value) ? value : null;
}
