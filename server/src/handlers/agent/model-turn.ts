/**
 * One model call as one journaled step: its prompt, its answer, its cost, and its failures. The engine retries; a thrown error says
 * whether that can help, and when.
 */
import { randomUUID } from "node:crypto";
import type { Guard, Tail } from "../../guardrails/guard.ts";
import { countedOf, ESTIMATED, estimatedUsage, expectedCall, roughUsage } from "../../models/estimated-usage.ts";
import {
  type ModelAnswer,
  type ModelCall,
  ModelError,
  type Models,
  type PaidCall,
  type ProviderState,
  type Reasoning,
} from "../../models/model.ts";
import { isAllowed } from "../../task/agent/allowed-models.ts";
import type { GenerationParameters, GenerationReport } from "../../task/agent/generation-parameters.ts";
import type { GuardrailReport } from "../../task/agent/guardrails.ts";
import { type Context, type StepContext, TaskFailure } from "../../task/handler.ts";
import { isJson, type Json } from "../../task/json/json.ts";
import { CallError } from "../call-error.ts";
import { AnswerText } from "./answer-text.ts";
import { type Allowance, ANSWER_TOKENS_MAX, type BudgetWatch, type Standing } from "./budget.ts";
import { excerpt } from "./excerpt.ts";
import { UnknownModel } from "./plan.ts";
import { retryableOf } from "./retryable.ts";
import { cut, emptyReport, SpokenText, tell } from "./run-guard.ts";

/**
 * A tool call as the model wrote it; `problem` if its arguments cannot be used at all, `shown` if a guardrail hides them from all but
 * the tool.
 */
export type AskedCall = {
  id: string;
  name: string;
  input: Json;
  problem: string | null;
  shown?: Json;
  state?: ProviderState;
  /** Its judgement by the tool of that time: a tool that has changed since does not change the journal. */
  judged?: { problem: string | null; needsApproval: boolean };
};

/** A model's answer in the journal. */
export type ModelTurn = {
  /** After guardrails. */
  text: string;
  /** The end of the text that is not yet checked, as it continues in the next call. */
  tail?: Tail;
  guarded?: GuardrailReport;
  /** For the provider only, which wants it back with the calls. */
  reasoning?: Reasoning[];
  calls: AskedCall[];
  finish: ModelAnswer["finish"];
  model: string;
  provider: string;
  inputTokens: number;
  outputTokens: number;
  costUsd: number | null;
  durationMs: number;
  /** Present if the call had parameters. */
  generation?: GenerationReport;
  /** Tasks whose budgets were reported to run low before it. */
  warned?: string[];
  /** Tokens of its prompt by our count, if a budget applied: later attempts estimate the next prompt by it. */
  promptTokens?: number;
};

export type ModelTurnOptions = {
  models: Models;
  call: Pick<ModelCall, "tenant" | "model" | "prompt" | "tools" | "toolChoice" | "parameters" | "maxOutputTokens">;
  budgets: BudgetWatch;
  /** Slug of the agent whose usage this is. */
  agent: string;
  retries: number;
  /** An answer of tool calls only is then no answer. */
  mustAnswer: boolean;
  judge?: (call: AskedCall) => AskedCall;
  /** Checks the text before anybody sees it. */
  guard?: Guard | null;
  /** The unchecked end of the previous call of the same answer. */
  tail?: Tail | undefined;
  /** An answer that reaches the model's limit continues in another call. */
  mayContinue?: boolean;
  /** From 1; findings in calls, and in text beside them, are named by it. */
  turn?: number;
};

/** Longer than a local model may take for its first token and its answer. */
const CALL_TIMEOUT_MS = 1_800_000;
/** A try with this number or a later one that brings no answer is the last: it was paid for, and more would be. */
const EMPTY_TRIES_MAX = 3;
const ARGUMENTS_CHARS_MAX = 100_000;
const NAME_CHARS_MAX = 64;
const PER_MILLION = 1_000_000;
const REASON_CHARS_MAX = 1_000;

/**
 * Asks the model once per try, within every budget that applies to the task: a spent one pauses or fails it. Rejects with a `StepError`
 * whose message is a whole sentence, and ends the task if its submitter may not use this model.
 */
export async function askModel(ctx: Context, name: string, options: ModelTurnOptions): Promise<ModelTurn> {
  const { budgets, retries, call, models } = options;
  mustBeAllowed(ctx, call.model);
  let own = 0;
  const expected = async () => {
    own = (await estimatedUsage(call.prompt, call.tools, [])).inputTokens;
    const inputTokens = budgets.leastPromptTokens(call.model, own);
    return {
      inputTokens: budgets.promptTokens(call.model, own),
      price: models.price(call.model),
      least: { inputTokens, outputTokens: models.answerTokensMin(call.model) },
    };
  };
  const body = async (step: StepContext, low: Standing[], allowance: Allowance | null) => {
    const turn = await askWithin(step, options, low, allowance);
    return own > 0 ? { ...turn, promptTokens: own } : turn;
  };
  const said = await budgets.step<ModelTurn>(ctx, name, expected, body, { retries, timeoutMs: CALL_TIMEOUT_MS });
  for (const task of said.warned ?? []) budgets.warned.add(task);
  if (said.promptTokens) budgets.notePrompt(call.model, said.promptTokens, said.inputTokens);
  return said;
}

/** Checked again at the call: the name of a model may mean another one by then, and code chooses one of its own. */
function mustBeAllowed({ task }: Context, model: string): void {
  if (isAllowed(task.models, model)) return;
  throw new TaskFailure(
    "model_not_allowed",
    `${model} may not be asked with the key that this task was submitted with.`,
  );
}

async function askWithin(
  step: StepContext,
  options: ModelTurnOptions,
  low: readonly Standing[],
  allowance: Allowance | null,
): Promise<ModelTurn> {
  const { maxOutputTokens } = allowance ?? {};
  const warned = options.budgets.warn(step, low);
  const bounded = maxOutputTokens === undefined ? options : { ...options, call: { ...options.call, maxOutputTokens } };
  const said = await ask(step, bounded);
  return warned.length === 0 ? said : { ...said, warned };
}

async function ask(step: StepContext, options: ModelTurnOptions): Promise<ModelTurn> {
  const { models, call, agent, retries, mustAnswer, guard = null, tail, mayContinue = false, turn = 1 } = options;
  const begun = performance.now();
  const mayCall = call.tools.length > 0 && call.toolChoice !== "none" && models.speaksBeforeCalls(call.model);
  const shown = new AnswerText(step, mayCall);
  const spoken = guard && new SpokenText(guard, step, shown, tail);
  const key = `${step.key}/${step.tries}/${randomUUID()}`;
  await noteBefore(step, key, options);
  const answer = await models
    .call({ ...call, signal: step.signal, onText: (piece) => (spoken ?? shown).push(piece) })
    .catch((error: unknown) => {
      if (error instanceof ModelError && error.spent) bill(step, key, agent, error.spent);
      if (step.signal.aborted) throw error;
      if (error instanceof ModelError && error.code === "unknown_model") throw new UnknownModel(error.message);
      throw callError(error, call.model, step.tries, retries + 1);
    });
  bill(step, key, agent, answer);
  // Cut arguments may still be JSON, and mean something else than the model intended.
  const calls = answer.toolCalls.map((asked) => askedCall(asked, answer.finish === "length" ? CUT_CALL : null));
  const said = answer.text.trim() !== "";
  if (answer.finish === "content_filter") {
    throw new CallError(
      "model_content_filter",
      `${call.model} stopped its answer because its provider's content filter objected. Word the request differently, or choose another model.`,
      false,
    );
  }
  // An answer that a parameter has ended is an answer, however short.
  const ended = answer.generation && answer.generation.stopReason !== "end";
  if (!said && !ended && (calls.length === 0 || mustAnswer)) throw emptyAnswer(answer, call, step.tries);
  const called = calls.length > 0 && !mustAnswer;
  const goesOn = answer.finish === "length" && mayContinue && !isCapped(call) && !called;
  const checked = spoken
    ? await guarded(step, spoken, { text: answer.text, calls, turn, goesOn })
    : { text: answer.text, calls };
  shown.end(called);
  return {
    ...checked,
    ...(options.judge && { calls: checked.calls.map(options.judge) }),
    ...(answer.reasoning && calls.length > 0 && { reasoning: answer.reasoning }),
    finish: answer.finish,
    model: answer.model,
    provider: answer.provider,
    inputTokens: answer.usage.inputTokens,
    outputTokens: answer.usage.outputTokens,
    costUsd: answer.costUsd,
    durationMs: Math.round(performance.now() - begun),
    ...(answer.generation && { generation: spoken ? withoutTokens(answer.generation) : answer.generation }),
  };
}

/** Writes the estimated cost, in case this process dies before the answer is counted. */
async function noteBefore(step: StepContext, key: string, { models, call, agent }: ModelTurnOptions): Promise<void> {
  const price = models.price(call.model);
  // A free call needs no entry for a process that dies.
  if (price?.input === 0 && price.output === 0) return;
  const paid = expectedCall(call.model, roughUsage(call.prompt, call.tools), price);
  await step.paying({ ...countedOf(paid, agent), key, raw: ESTIMATED }, (price?.output ?? 0) / PER_MILLION);
}

/** Every call is paid, so no two share a key: neither tries of one step, nor a call repeated after a crash. */
function bill(step: StepContext, key: string, agent: string, paid: PaidCall): void {
  const raw = isJson(paid.rawUsage) ? paid.rawUsage : null;
  step.usage({ ...countedOf(paid, agent), key, raw });
}

const CUT_CALL =
  "the answer reached its output limit before it was whole, so the call was not made. Write less, and shorter arguments";

/** The caller wants no more tokens than this: an answer that reaches them is complete. */
export function isCapped({ parameters }: { parameters?: GenerationParameters | undefined }): boolean {
  return (parameters?.maxNewTokens ?? 0) > 0;
}

/** Single tokens would tell what a guard has taken out of the text. */
function withoutTokens({ generatedTokens, ...report }: GenerationReport): GenerationReport {
  if (generatedTokens === undefined) return report;
  const reason = "Guardrails look at the text, not at single tokens.";
  return { ...report, ignored: [...report.ignored, { parameter: "returns", reason }] };
}

/** The text and the calls of an answer after the guard. */
async function guarded(
  step: StepContext,
  spoken: SpokenText,
  said: { text: string; calls: readonly AskedCall[]; turn: number; goesOn: boolean },
): Promise<Pick<ModelTurn, "text" | "calls" | "tail" | "guarded">> {
  const { text, tail, findings, warnings } = await spoken.end(said.text, said.goesOn);
  const report = emptyReport();
  report.findings.push(
    ...findings.map((each) => (said.calls.length === 0 ? each : { ...each, of: `turn ${said.turn}` })),
  );
  report.warnings.push(...warnings);
  const calls: AskedCall[] = [];
  for (const [index, call] of said.calls.entries()) {
    const before = report.findings.length;
    const name = await spoken.masked(call.name, `call ${said.turn}.${index + 1}`, report);
    const shown = await spoken.masked(call.input, `call ${said.turn}.${index + 1}`, report);
    calls.push(report.findings.length > before ? { ...call, name: String(name), shown } : call);
  }
  tell(step, report);
  return { text, calls, guarded: cut(report), ...(tail && { tail }) };
}

/** `problem` is a problem of the whole answer; null if there is none. */
function askedCall({ state, invalid, ...call }: ModelAnswer["toolCalls"][number], problem: string | null): AskedCall {
  const asked = { id: call.id, name: excerpt(call.name, NAME_CHARS_MAX), ...(state && { state }) };
  const wrong = problem ?? (invalid === undefined ? null : excerpt(invalid, REASON_CHARS_MAX));
  if (wrong !== null) return { ...asked, input: {}, problem: wrong };
  if (!isJson(call.input)) {
    return { ...asked, input: {}, problem: "the arguments are not plain JSON, or are nested too deeply" };
  }
  if (JSON.stringify(call.input).length > ARGUMENTS_CHARS_MAX) {
    return { ...asked, input: {}, problem: `the arguments are longer than ${ARGUMENTS_CHARS_MAX} characters` };
  }
  return { ...asked, input: call.input, problem: null };
}

function emptyAnswer(
  { finish }: ModelAnswer,
  { model, maxOutputTokens }: Pick<ModelCall, "model" | "maxOutputTokens">,
  tries: number,
): CallError {
  if (finish === "length" && maxOutputTokens !== undefined && maxOutputTokens < ANSWER_TOKENS_MAX) {
    return new CallError(
      "budget_exhausted",
      `The task's token budget left ${maxOutputTokens} tokens for an answer, and ${model} said nothing within them. Submit it again with a larger budget.`,
      false,
    );
  }
  if (finish === "length") {
    return new CallError(
      "model_output_limit",
      `${model} reached its output limit before it said anything. Ask for less at once, or choose a model with a larger limit.`,
      false,
    );
  }
  return new CallError(
    "model_no_answer",
    `${model} gave no answer, tried ${times(tries)}. Word the request differently, or choose another model.`,
    tries < EMPTY_TRIES_MAX,
  );
}

/** A message with the error, the tries, and advice. */
function callError(error: unknown, model: string, tries: number, triesMax: number): CallError {
  const reason = excerpt(error instanceof Error ? error.message : String(error), REASON_CHARS_MAX);
  const code = error instanceof ModelError ? error.code : "failed";
  const retryable = retryableOf(error);
  const tried = retryable || tries > 1 ? `, tried ${times(tries)} of at most ${triesMax}` : "";
  return new CallError(
    `model_${code}`,
    `Asking ${model} failed${tried}: ${reason.replace(/\.$/, "")}. ${adviceFor(code)}`,
    retryable,
    error instanceof ModelError ? error.retryAfterMs : undefined,
  );
}

function adviceFor(code: ModelError["code"] | "failed"): string {
  switch (code) {
    case "rate_limited":
      return "Retry the task later, raise the provider's limit, or choose another model.";
    case "unavailable":
    case "bad_answer":
      return "Retry the task when the provider works again, or choose another model.";
    case "prompt_too_long":
      return "Ask for less at once, attach less, or choose a model that can hold more.";
    case "refused":
      return "Asking again does not help: check the provider's key, the model's name and the size of the request.";
    case "unknown_model":
    case "aborted":
    case "failed":
      return "Retry the task, or choose another model.";
  }
}

function times(tries: number): string {
  return tries === 1 ? "once" : `${tries} times`;
}
