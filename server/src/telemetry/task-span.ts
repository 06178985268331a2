/** The spans of tasks and steps: an agent and its tools by the semantic conventions for generative AI, all else by our own words. */
import { createHash } from "node:crypto";
import { z } from "zod";
import { isTerminal } from "../task/states.ts";
import { type Failure, type Task, triesOf } from "../task/task.ts";
import { parentSpanOf, spanIdOf, type Trace } from "../task/trace.ts";
import type { FinishedSpan } from "./span.ts";

/** A task that has ended. It began with its submit: how long it waited is part of it. */
export function taskSpan(task: Task, trace: Trace): FinishedSpan {
  const { id, kind, state, createdAt, endedAt, updatedAt, usage, conversation, parent } = task;
  const error = "error" in task ? task.error : null;
  const agent = kind === "agent" ? agentOf(task) : null;
  return {
    ...(agent === null ? { name: `task ${kind}` } : { name: agent === "" ? "invoke_agent" : `invoke_agent ${agent}` }),
    kind: "internal",
    trace: trace.id,
    id: spanIdOf(id),
    parent: trace.parent,
    remoteParent: trace.parent !== null && parent === null,
    state: trace.state,
    startMs: createdAt,
    endMs: endedAt ?? updatedAt,
    attributes: {
      "waybill.task.id": id,
      "waybill.task.kind": kind,
      "waybill.task.state": state,
      "waybill.task.tries": triesOf(task),
      "waybill.task.parent": parent ?? undefined,
      "waybill.task.retry_of": task.retryOf ?? undefined,
      "waybill.tenant": task.tenant,
      "user.id": task.user,
      "gen_ai.operation.name": agent === null ? undefined : "invoke_agent",
      "gen_ai.agent.name": agent === null || agent === "" ? undefined : agent,
      "gen_ai.conversation.id": conversation ?? undefined,
      ...(usage.calls > 0 && {
        "gen_ai.usage.input_tokens": usage.inputTokens,
        "gen_ai.usage.output_tokens": usage.outputTokens,
        "waybill.cost_usd": usage.costUsd,
      }),
    },
    error: isTerminal(state) && error !== null ? errorOf(error) : null,
  };
}

/** One try of a step that is over. */
export function stepSpan(
  task: Task,
  trace: Trace,
  step: { name: string; key: string; tries: number; failure: Failure | null },
  time: { startMs: number; endMs: number },
): FinishedSpan {
  const tool = task.kind === "agent" ? TOOL_STEP.exec(step.name)?.[1] : undefined;
  return {
    name: tool === undefined ? `step ${step.name}` : `execute_tool ${tool}`,
    kind: "internal",
    trace: trace.id,
    id: stepSpanId(step),
    parent: parentSpanOf({ id: task.id, trace }),
    remoteParent: false,
    state: trace.state,
    ...time,
    attributes: {
      "waybill.task.id": task.id,
      "waybill.task.kind": task.kind,
      "waybill.step.name": step.name,
      "waybill.step.tries": step.tries,
      ...(tool !== undefined && { "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": tool }),
    },
    error: step.failure && errorOf(step.failure),
  };
}

/** As an agent's loop names the steps of its tools. */
const TOOL_STEP = /^tool \S+ (.+)$/;

/** The same for a try in whichever process: so what its body does can name it before it has ended. */
export function stepSpanId({ key, tries }: { key: string; tries: number }): string {
  return createHash("sha256").update(`${key}\n${tries}`).digest("hex").slice(0, 16);
}

const named = z.object({ agent: z.string() });
/** Empty for the default one. */
function agentOf({ input }: Task): string {
  return named.safeParse(input).data?.agent ?? "";
}

function errorOf({ code, message }: Failure): FinishedSpan["error"] {
  return { type: code, message };
}
