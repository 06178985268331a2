/**
 * Carries out one tool call of a turn, from the model's request to the result that the model reads. An error of a model or a tool never
 * ends the run: it becomes a result that names it.
 */

import { randomUUID } from "node:crypto";
import type { PromptFile } from "../../models/model.ts";
import type { Citation } from "../../task/agent/agent.ts";
import type { Outgoing } from "../../task/agent/agent-reach.ts";
import type { GuardrailReport } from "../../task/agent/guardrails.ts";
import { type Context, type StepContext, StepError, TaskFailure } from "../../task/handler.ts";
import type { Json } from "../../task/json/json.ts";
import type { CountedCall } from "../../task/usage.ts";
import type { AttachmentFiles } from "./attachment.ts";
import { excerpt } from "./excerpt.ts";
import type { AskedCall } from "./model-turn.ts";
import { askApproval, askPerson, type PersonAllowance, personQuestion } from "./person.ts";
import type { Plan } from "./plan.ts";
import { fetchOf } from "./reach.ts";
import { retryableOf } from "./retryable.ts";
import type { RunGuard } from "./run-guard.ts";
import { NoAnswer, type PreparedCall, type Tool } from "./tool.ts";
import { askPersonTool } from "./tools/ask-person.ts";

/** The result for the model; `shown` is the one for others, if a guardrail keeps some of it from them. */
export type Outcome = {
  output: string;
  isError: boolean;
  citations?: Citation[];
  shown?: string;
  guarded?: GuardrailReport;
  /** Files that came with a person's answer: shown to the model after the results. */
  files?: PromptFile[];
};

/** The parts that carry out a call. */
export type CallParts = {
  tools: OfferedTools;
  people: PersonAllowance;
  guard: RunGuard;
  /** Null if no attachment is in a file. */
  attachments: AttachmentFiles | null;
  /** The plan of the agent that calls. */
  plan: Pick<Plan, "agent" | "reach">;
  /** Null if tools reach no other server. */
  outgoing: Outgoing | null;
};

export type OfferedTools = ReadonlyMap<string, Tool>;

const OBSERVED_CHARS_MAX = 2_000;
const PARAMS_CHARS_MAX = 10_000;
const ERROR_CHARS_MAX = 2_000;
/** Per call. */
const CITATIONS_MAX = 20;

/** `id` is `turn.index`, unique in the task. Rejects only when the run itself is over. */
export async function carryOut(ctx: Context, id: string, call: AskedCall, parts: CallParts): Promise<Outcome> {
  const { tools, people, guard, attachments, plan } = parts;
  const seen = call.shown ?? call.input;
  ctx.emit({ type: "tool.invoked", data: { agent: "", callId: id, tool: call.name, params: shownParams(seen) } });
  const tool = tools.get(call.name);
  const { problem, needsApproval } = judged(call, tools).judged;
  if (problem !== null || tool === undefined)
    return observed(ctx, guard, id, call.name, failed(problem ?? "unknown tool"));
  if (tool === askPersonTool || needsApproval) {
    if (people.left === 0) {
      return observed(ctx, guard, id, tool.name, failed("People were asked often enough in this task. Go on without."));
    }
    people.left--;
  }
  if (tool === askPersonTool) {
    const { output, files } = await askPerson(ctx, `ask ${id}`, personQuestion.parse(seen), people, attachments);
    guard.noteUnread(`tool ${id}`, files);
    const outcome = await observed(ctx, guard, id, tool.name, { output, isError: false });
    return { ...outcome, ...(files.length > 0 && { files }) };
  }
  if (needsApproval) {
    const approval = await askApproval(ctx, `approval ${id} ${tool.name}`, { tool: tool.name, input: seen }, people);
    if (!approval.approved)
      return observed(ctx, guard, id, tool.name, { output: approval.told, isError: false }, false);
  }
  if (tool.carryOut) {
    const within = {
      ...(people.answerWithinMs !== null && { deadlineMs: people.answerWithinMs }),
      ...(plan.reach && { reach: plan.reach }),
    };
    return asked(ctx, guard, id, tool, tool.carryOut(ctx, id, seen, within), people);
  }
  return runTool(ctx, parts, id, tool, runOf(prepare(call, tool, tools)));
}

/** The call with its judgement by its tool, made once, when the model asks for it. */
export function judged(call: AskedCall, tools: OfferedTools): AskedCall & Required<Pick<AskedCall, "judged">> {
  if (call.judged) return { ...call, judged: call.judged };
  const tool = tools.get(call.name);
  const prepared = prepare(call, tool, tools);
  const problem = prepared.ok ? null : prepared.problem;
  return { ...call, judged: { problem, needsApproval: tool?.needsApproval === true } };
}

/** A call that fitted the tool of that time fails when it does not fit the present one. */
function runOf(prepared: PreparedCall): (PreparedCall & { ok: true })["run"] {
  return prepared.ok ? prepared.run : () => Promise.reject(new NoAnswer(prepared.problem));
}

async function asked(
  ctx: Context,
  guard: RunGuard,
  id: string,
  tool: Tool,
  outcome: ReturnType<NonNullable<Tool["carryOut"]>>,
  { answerWithinMs }: PersonAllowance,
) {
  try {
    const { output, citations = [] } = await outcome;
    return observed(ctx, guard, id, tool.name, {
      output,
      isError: false,
      ...(citations.length > 0 && { citations: citations.slice(0, CITATIONS_MAX) }),
    });
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    if (answerWithinMs !== null && error.failure.code === "deadline") {
      throw new TaskFailure("deadline", `${tool.name} did not answer in time: ${error.failure.message}`);
    }
    return observed(ctx, guard, id, tool.name, stepFailed(tool, error));
  }
}

function stepFailed({ name }: Tool, { failure }: StepError): Outcome {
  return failed(`${name} failed: ${excerpt(failure.message, ERROR_CHARS_MAX)}`);
}

function prepare(call: AskedCall, tool: Tool | undefined, tools: OfferedTools): PreparedCall {
  if (tool === undefined) {
    const names = [...tools.keys()];
    const offer = names.length === 0 ? "There are no tools." : `Tools: ${names.join(", ")}.`;
    return { ok: false, problem: `There is no tool "${call.name}". ${offer}` };
  }
  if (call.problem !== null) return misfit(tool, call.problem);
  try {
    const prepared = tool.prepare(call.input);
    return prepared.ok ? prepared : misfit(tool, prepared.problem);
  } catch (error) {
    return misfit(tool, reasonOf(error));
  }
}

function misfit(tool: Tool, problem: string): PreparedCall {
  return {
    ok: false,
    problem: `The arguments of ${tool.name} do not fit: ${problem}\nCall it again with arguments that fit its schema.`,
  };
}

async function runTool(
  ctx: Context,
  parts: CallParts,
  id: string,
  tool: Tool,
  run: (PreparedCall & { ok: true })["run"],
): Promise<Outcome> {
  try {
    const body = (step: StepContext) => once(ctx, step, parts, id, tool, run);
    const { retries, timeoutMs } = tool;
    return await parts.guard.step(ctx, `tool ${id} ${tool.name}`, [], body, { retries, timeoutMs });
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    return observed(ctx, parts.guard, id, tool.name, stepFailed(tool, error));
  }
}

async function once(
  ctx: Context,
  step: StepContext,
  { guard, plan, outgoing }: CallParts,
  id: string,
  tool: Tool,
  run: (PreparedCall & { ok: true })["run"],
): Promise<Outcome> {
  const begun = performance.now();
  const citations: Citation[] = [];
  const cite = (citation: Citation) => void citations.push(citation);
  const fetch = fetchOf(plan, step, { tool: tool.name, outgoing });
  // Every call is paid, so no two share a key.
  const usage = (call: CountedCall) =>
    step.usage({ ...call, key: `${step.key}/${step.tries}/${randomUUID()}`, raw: null });
  const result = await run({ signal: step.signal, task: ctx.task, key: step.key, log: step.log, fetch, cite, usage })
    .then(
      (output): Outcome => ({
        output,
        isError: false,
        ...(citations.length > 0 && { citations: citations.slice(0, CITATIONS_MAX) }),
      }),
    )
    .catch((error: unknown) => {
      // For cancel, shutdown and the time limit the engine finds the words; retries are its to make.
      if (step.signal.aborted || (step.tries <= tool.retries && retryableOf(error))) throw error;
      if (!(error instanceof NoAnswer)) step.report(error);
      return failed(`${tool.name} failed: ${reasonOf(error)}`);
    });
  const outcome = await guard.outcome(step, id, result);
  step.emit(observation(id, tool.name, outcome, !outcome.isError, Math.round(performance.now() - begun)));
  return outcome;
}

function failed(output: string): Outcome {
  return { output, isError: true };
}

async function observed(
  ctx: Context,
  guard: RunGuard,
  id: string,
  tool: string,
  result: Outcome,
  success = !result.isError,
): Promise<Outcome> {
  const outcome = await guard.outcomeStep(ctx, id, result);
  ctx.emit(observation(id, tool, outcome, success, 0));
  return outcome;
}

function observation(callId: string, tool: string, { output, shown }: Outcome, success: boolean, durationMs: number) {
  return {
    type: "tool.observed" as const,
    data: { agent: "", callId, tool, success, durationMs, output: excerpt(shown ?? output, OBSERVED_CHARS_MAX) },
  };
}

function shownParams(input: Json): Json {
  const text = JSON.stringify(input);
  return text.length <= PARAMS_CHARS_MAX ? input : { cut: excerpt(text, PARAMS_CHARS_MAX) };
}

function reasonOf(error: unknown): string {
  return excerpt(error instanceof Error ? error.message : String(error), ERROR_CHARS_MAX);
}
