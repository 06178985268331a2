/**
 * A task as this wire tells it: a run with 18 keys, always, in this order. Where the two worlds differ:
 *
 * - A run's id is the UUID of the task's identity. Its trace is the same 128 bits, so that both are the task's for good.
 * - A task that waits for something of the server's own, or is paused, is `running`; one that is rejected has `failed`.
 * - A run whose time was over has none of the four times, but `last_error` says so. A deployment may call it `failed`.
 * - A task of any kind is a run, with what came out of it as the text of its message.
 */
import { type AgentOutput, agentOutputOf } from "../../../task/agent/agent.ts";
import type { GenerationReport } from "../../../task/agent/generation-parameters.ts";
import type { GuardrailFinding, GuardrailKind } from "../../../task/agent/guardrails.ts";
import type { JsonObject } from "../../../task/json/json.ts";
import type { Task } from "../../../task/task.ts";
import { answerOf } from "../messages/message.ts";
import type { ThreadMessage } from "../messages/schema.ts";
import { runIdOf } from "../names.ts";
import { errorOf, runStatusOf, type TimedOut } from "../vocabulary.ts";
import { wireTime } from "../wire-time.ts";
import { agentOf, askedOf, objectIn, threadOf } from "./asked.ts";
import { llmParamsOf, wireGuardrailsOf, wireNameOf } from "./parameters.ts";
import type { AssistantRun } from "./schema.ts";

/** `answer` is the message in which the run tells what came of it; null while there is none. */
export function runOf(task: Task, timedOut: TimedOut, answer = answerOf(task, [])): AssistantRun {
  const status = runStatusOf(task, timedOut);
  const ended = (is: AssistantRun["status"]) =>
    status === is && task.endedAt !== null ? wireTime(task.endedAt) : null;
  const { parameters, guardrails, context } = askedOf(task);
  return {
    id: runIdOf(task),
    tenant_id: task.tenant,
    assistant_id: null,
    thread_id: threadOf(task),
    status,
    created_at: wireTime(task.createdAt),
    started_at: task.startedAt === null ? null : wireTime(task.startedAt),
    completed_at: ended("completed"),
    failed_at: ended("failed"),
    cancelled_at: ended("cancelled"),
    llm_params: parameters ? llmParamsOf(parameters) : null,
    usage: usageOf(task),
    last_error: errorOf(task),
    result: answer && resultOf(task, answer),
    guardrails: guardrails ? wireGuardrailsOf(guardrails) : null,
    agent_id: agentOf(task),
    additional_parameters: objectIn(context?.["additional_parameters"]),
    trace_id: runIdOf(task).replaceAll("-", ""),
  };
}

/** Nothing before the first call of a model; all of it, if none, once the run has ended. */
function usageOf({ usage, state }: Task): AssistantRun["usage"] {
  if (usage.calls === 0 && state !== "completed" && state !== "failed") return null;
  const { inputTokens, outputTokens } = usage;
  return { prompt_tokens: inputTokens, completion_tokens: outputTokens, total_tokens: inputTokens + outputTokens };
}

/** The data of the event that tells the answer. */
function resultOf(task: Task, message: ThreadMessage): JsonObject {
  const output = task.state === "completed" && task.kind === "agent" ? agentOutputOf(task.output) : null;
  return {
    data: {
      thread_id: threadOf(task),
      message_id: message.id,
      agent_id: agentOf(task),
      run_id: runIdOf(task),
      message,
      ...(output && moderationsOf(output)),
      ...(output?.generation && { generation: generationOf(output.generation) }),
    },
  };
}

const RAILS: Readonly<Record<GuardrailKind, string>> = { hap: "hap", socialBias: "social_bias", pii: "pii" };

/** What guardrails found, by the protocol's own shape of it, and what could not be looked at or done. */
function moderationsOf({ guardrails, generation }: AgentOutput): JsonObject {
  const found = Object.entries(RAILS).map(([kind, name]): [string, JsonObject[]] => [
    name,
    (guardrails?.findings ?? []).filter((finding) => finding.kind === kind).map(moderation),
  ]);
  const warnings = [...(guardrails?.warnings ?? []), ...(generation?.ignored ?? []).map(unsupported)];
  return {
    ...(guardrails && { moderations: Object.fromEntries(found) }),
    ...(warnings.length > 0 && { warnings }),
  };
}

function moderation({ score, in: where, start, end, entity, word }: GuardrailFinding): JsonObject {
  const input = where === "input";
  return { score, input, position: { start, end }, entity, ...(word !== undefined && { word }) };
}

function unsupported({ parameter, reason }: GenerationReport["ignored"][number]): { id: string; message: string } {
  return { id: "UNSUPPORTED_PARAMETER", message: `${wireNameOf(parameter)}: ${reason}` };
}

const STOP_REASONS = {
  end: "eos_token",
  max_tokens: "max_tokens",
  stop_sequence: "stop_sequence",
  time_limit: "time_limit",
};

/** How the answer was generated, in the words of text generation at this vendor. */
function generationOf({ stopReason, inputText, inputParameters, generatedTokens }: GenerationReport): JsonObject {
  return {
    stop_reason: STOP_REASONS[stopReason],
    ...(inputText !== undefined && { input_text: inputText }),
    ...(inputParameters && { input_parameters: objectIn(llmParamsOf(inputParameters)) }),
    ...(generatedTokens && {
      generated_tokens: generatedTokens.map(({ top, ...token }) => ({ ...token, ...(top && { top_tokens: top }) })),
    }),
  };
}
