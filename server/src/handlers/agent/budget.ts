/**
 * The budgets that apply to a task: its own, and those of the tasks above it, each for the whole tree below its task. They are read
 * within the step of every model call, so that spending of others in the tree counts, and the call's possible cost is reserved before
 * it is made. The result is journaled with the step, so that a later attempt decides the same.
 */
import type { ModelId } from "../../models/model.ts";
import type { Price } from "../../models/price-table.ts";
import type { EventData } from "../../task/events/event.ts";
import {
  type Bound,
  type Context,
  type DaysMoney,
  type Reservation,
  type StepContext,
  type StepOptions,
  TaskFailure,
} from "../../task/handler.ts";
import type { Json } from "../../task/json/json.ts";
import type { Budget, UsageTotals } from "../../task/task.ts";

/** The percentage at which a budget is reported to run low. */
const THRESHOLD_PERCENT = 80;

/** Few enough to exceed no budget by much, and enough for a short answer: providers count prompts differently. */
const ANSWER_TOKENS_MIN = 16;
/** If an answer could be no longer than this, the call waits for calls beside it, which may leave more. */
const ANSWER_TOKENS_WORTH = 1_024;
/** Few answers are longer, and few models give longer ones: no more is reserved. */
export const ANSWER_TOKENS_MAX = 16_384;
const PER_MILLION = 1_000_000;

/** A model's own tokenizer differs from ours: until it has counted one prompt, a tenth is added. */
const COUNTED_PER_TOKEN = 1.1;
/** A higher ratio comes of pictures and documents, which the next prompt may not have. */
const COUNTED_PER_TOKEN_MAX = 4;

const AGAIN_LARGER = "Submit it again with a larger budget.";
const AGAIN_THEN = "Submit it again then.";
const RESUME_TO_GRANT =
  "Resume the task to grant the same amount once more, give it another budget (waybill budget), or cancel it.";
const GOES_ON_THEN = "The task goes on by itself then.";

/** A budget that runs low or is spent. */
export type Standing = {
  is: "low" | "spent";
  /** The task whose budget it is. */
  task: string;
  onSpent: Budget["onSpent"];
  sentence: string;
  told: EventData["budget.threshold"];
  /** A day's money: nobody grants more, but the next day does, which begins at `until`. */
  nextDay?: true;
  until?: number;
};

/**
 * The state of a budget if it runs low or is spent; null while enough is left. `own` is the asking task. A budget without room for the
 * next call, by its provider's counts so far, is spent.
 */
export function standingOf(bound: Bound, own: string, next?: ExpectedCall): Standing | null {
  const { budget, from, spent, task } = bound;
  const limits = limitsOf(bound);
  if (bound.day) return standingOfDay(bound, bound.day);
  const whose = task === own ? "The task's" : `Of ${task}, to whose tree this task belongs, the`;
  const states: Standing[] = [];
  const say = (type: "tokens" | "cost", percent: number, sentence: string) => {
    const is = percent >= 100 ? "spent" : "low";
    if (percent < THRESHOLD_PERCENT) return;
    states.push({ is, task, onSpent: budget.onSpent, sentence, told: toldOf(bound, type, percent) });
  };
  // An unspent budget allows one call, however long its prompt: a grant would change nothing.
  const least = spent.calls > from.calls ? next?.least : undefined;
  const full = (type: "tokens" | "cost", percent: number, so: string) => {
    const sentence = `${so}, and its prompt alone has some ${counted(least?.inputTokens ?? 0)} tokens.`;
    const told = { ...toldOf(bound, type, percent), level: "exhausted" as const };
    states.push({ is: "spent", task, onSpent: budget.onSpent, sentence, told });
  };
  if (limits.tokens !== null) {
    const used = tokensOf(spent);
    const so = `${counted(used)} of ${counted(limits.tokens)} tokens in ${calls(spent.calls)}`;
    say("tokens", (used / limits.tokens) * 100, `${whose} token budget is spent: ${so}.`);
    if (least && used < limits.tokens && used + least.inputTokens + least.outputTokens > limits.tokens) {
      full("tokens", (used / limits.tokens) * 100, `${whose} token budget has no room for the next call: ${so}`);
    }
  }
  if (limits.costUsd !== null) {
    const so = `${dollars(spent.costUsd)} of ${dollars(limits.costUsd)} in ${calls(spent.calls)}`;
    const percent = (spent.costUsd / limits.costUsd) * 100;
    say("cost", percent, `${whose} cost budget is spent: ${so}.`);
    if (least && percent < 100 && spent.costUsd + leastCostUsd(least, next?.price ?? null) > limits.costUsd) {
      full("cost", percent, `${whose} cost budget has no room for the next call: ${so}`);
    }
    if (spent.unpricedCalls > from.unpricedCalls) {
      const unpriced = `${whose} cost budget of ${dollars(limits.costUsd)} cannot be watched: the model has no known price. Give it one in the configuration.`;
      say("cost", 100, unpriced);
    }
  }
  return states.find(({ is }) => is === "spent") ?? states[0] ?? null;
}

/** The certain part of a call's cost; 0 if its price is unknown. */
function leastCostUsd(least: NonNullable<ExpectedCall["least"]>, price: Price | null): number {
  if (price === null) return 0;
  const input = Math.min(price.input, price.cacheRead ?? price.input);
  return (least.inputTokens * input + least.outputTokens * price.output) / PER_MILLION;
}

function standingOfDay(bound: Bound, { whose, endsAt }: DaysMoney): Standing | null {
  const { budget, spent, task } = bound;
  const most = budget.costUsd ?? Number.POSITIVE_INFINITY;
  const percent = (spent.costUsd / most) * 100;
  if (percent < THRESHOLD_PERCENT) return null;
  const who = whose === "user" ? "All tasks of this user together have" : "All tasks of this tenant together have";
  const sentence = `${who} spent ${dollars(spent.costUsd)} of the ${dollars(most)} that models may cost on one day (UTC). There is as much again from ${new Date(endsAt).toISOString()} on.`;
  const is = percent >= 100 ? "spent" : "low";
  return {
    is,
    task,
    onSpent: budget.onSpent,
    sentence,
    told: toldOf(bound, "cost", percent),
    nextDay: true,
    until: endsAt,
  };
}

/** The budget's limits: its amounts from where it began to count. */
function limitsOf({ budget, from }: Bound): { tokens: number | null; costUsd: number | null } {
  return {
    tokens: budget.tokens === undefined ? null : tokensOf(from) + budget.tokens,
    costUsd: budget.costUsd === undefined ? null : from.costUsd + budget.costUsd,
  };
}

/** The states of a call's budgets; a spent one forbids the call. */
function standingsOf(
  bounds: readonly Bound[],
  own: string,
  next: ExpectedCall,
): { spent: Standing[]; low: Standing[] } {
  const states = bounds.flatMap((bound) => standingOf(bound, own, next) ?? []);
  return { spent: states.filter(({ is }) => is === "spent"), low: states.filter(({ is }) => is === "low") };
}

/** What a call may cost: its prompt by our own count, the model's price, the longest answer and the least cost, where known. */
export type ExpectedCall = {
  inputTokens: number;
  price: Price | null;
  outputTokens?: number;
  least?: { inputTokens: number; outputTokens: number };
};

/** How much a call may spend: `maxOutputTokens` if a budget bounds its answer, and its reservation. */
export type Allowance = { maxOutputTokens?: number; reserve: Reservation };

/**
 * How much of every budget a call may take, so that calls side by side exceed none; null if calls under way have to end first. The
 * prompt is counted by this server's tokenizer, which is not the provider's.
 */
export function allowanceOf(
  bounds: readonly Bound[],
  { inputTokens, price, outputTokens = ANSWER_TOKENS_MAX, least }: ExpectedCall,
): Allowance | null {
  let output = outputTokens;
  let isBounded = false;
  for (const bound of bounds) {
    const limits = limitsOf(bound);
    const { spent, reserved } = bound;
    const isShared = reserved.tokens > 0 || reserved.costUsd > 0;
    const most: number[] = [];
    if (limits.tokens !== null) {
      const left = Math.max(1, limits.tokens - tokensOf(spent) - reserved.tokens);
      const room = left - (least?.inputTokens ?? 0);
      // An unspent budget allows one call whose prompt alone is longer.
      const few = Math.min(room > 0 ? room : left, ANSWER_TOKENS_MIN);
      most.push(isShared ? left - inputTokens : Math.max(left - inputTokens, few));
    }
    if (limits.costUsd !== null && price !== null && price.output > 0) {
      const left = limits.costUsd - spent.costUsd - reserved.costUsd;
      const answer = Math.floor((left * PER_MILLION - inputTokens * price.input) / price.output);
      const room = Math.floor((left * PER_MILLION - (least?.inputTokens ?? 0) * price.input) / price.output);
      const few = Math.min(room > 0 ? room : ANSWER_TOKENS_MIN, ANSWER_TOKENS_MIN);
      if (answer < output) most.push(isShared ? answer : Math.max(answer, few));
    }
    if (most.length === 0) continue;
    if (isShared && Math.min(...most) < Math.min(outputTokens, ANSWER_TOKENS_WORTH)) return null;
    isBounded = true;
    output = Math.min(output, ...most);
  }
  const costUsd = price === null ? 0 : (inputTokens * price.input + output * price.output) / PER_MILLION;
  return { ...(isBounded && { maxOutputTokens: output }), reserve: { tokens: inputTokens + output, costUsd } };
}

/** The journal entry of a step that was not begun. */
type Overspent = { overspent: Standing[] };

/**
 * Runs the body of a step that asks a model, within every budget that applies to its task: not if one is spent, and not before calls
 * beside it leave enough of each. Its possible cost is reserved meanwhile.
 */
async function withinBudgets<Result>(
  step: StepContext,
  own: string,
  expect: () => Promise<ExpectedCall>,
  body: (low: Standing[], allowance: Allowance | null) => Promise<Result>,
): Promise<Result | Overspent> {
  let bounds = await step.budgets();
  if (bounds.length === 0) return body([], null);
  const expected = await expect();
  // A free call takes nothing of a day's money.
  const binding = (all: Bound[]) => (isFree(expected) ? all.filter(({ day }) => day === undefined) : all);
  bounds = binding(bounds);
  if (bounds.length === 0) return body([], null);
  for (;;) {
    step.signal.throwIfAborted();
    const { spent, low } = standingsOf(bounds, own, expected);
    if (spent.length > 0) return { overspent: spent };
    const allowance = allowanceOf(bounds, expected);
    if (allowance && (await step.reserve(allowance.reserve, bounds))) return body(low, allowance);
    bounds = binding(await step.budgets(bounds));
  }
}

/** A run's dealings with its budgets. */
export class BudgetWatch {
  /** Tasks whose budgets were reported to run low. */
  readonly warned = new Set<string>();

  /** The last prompt that each model's provider has counted: its tokens by our count and by the provider's. */
  readonly #last = new Map<ModelId, { tokens: number; counted: number }>();

  /** The tokens that a model's provider will count, at most, in a prompt of `tokens` by our count. */
  promptTokens(model: ModelId, tokens: number): number {
    const last = this.#last.get(model);
    if (last === undefined) return Math.ceil(tokens * COUNTED_PER_TOKEN);
    const perToken = last.counted / Math.max(1, last.tokens);
    return Math.ceil(tokens * Math.max(1, Math.min(perToken, COUNTED_PER_TOKEN_MAX)));
  }

  /**
   * The tokens that it will count at least: prompts of a run grow, and a longer one contains the last. Before the first prompt of a
   * run, the same as `promptTokens`: a budget that others of the tree have partly spent is then never exceeded.
   */
  leastPromptTokens(model: ModelId, tokens: number): number {
    const last = this.#last.get(model);
    if (last === undefined) return this.promptTokens(model, tokens);
    return Math.floor(last.counted * Math.min(1, tokens / last.tokens));
  }

  /** Its provider has counted `counted` in a prompt of `tokens`. */
  notePrompt(model: ModelId, tokens: number, counted: number): void {
    this.#last.set(model, { tokens, counted });
  }

  /** A step whose body asks a model, within every budget: a spent one pauses or fails the task before it. */
  async step<Result extends Json>(
    ctx: Context,
    name: string,
    expect: () => Promise<ExpectedCall>,
    body: (step: StepContext, low: Standing[], allowance: Allowance | null) => Promise<Result>,
    options: StepOptions,
  ): Promise<Result> {
    for (;;) {
      const within = (step: StepContext) =>
        withinBudgets(step, ctx.task.id, expect, (low, allowance) => body(step, low, allowance));
      const done = await ctx.step<Result | Overspent>(name, within, options);
      if (!isOverspent(done)) return done;
      await this.#goOn(ctx, done.overspent, expect);
    }
  }

  /** Returns when the call that was not made may be tried again. Throws `TaskFailure` if a spent budget ends the task. */
  async #goOn(ctx: Context, spent: readonly Standing[], expect: () => Promise<ExpectedCall>): Promise<void> {
    for (const { told } of spent) ctx.emit({ type: "budget.threshold", data: told });
    const sentences = spent.map(({ sentence }) => sentence).join(" ");
    const ofDay = spent.some(({ nextDay }) => nextDay === true);
    if (spent.some(({ onSpent }) => onSpent === "fail"))
      throw new TaskFailure("budget_exhausted", `${sentences} ${ofDay ? AGAIN_THEN : AGAIN_LARGER}`);
    // A budget that only a person can grant is not renewed by the next day.
    const until = spent.map((each) => each.until ?? Number.POSITIVE_INFINITY).reduce((a, b) => Math.max(a, b), 0);
    const isOver = Number.isFinite(until);
    if (isOver) await ctx.pause("budget", `${sentences} ${GOES_ON_THEN}`, until, "days_money");
    else await ctx.pause("budget", `${sentences} ${RESUME_TO_GRANT}`, undefined, "budget");
    for (const { task } of spent) this.warned.delete(task);
    await ctx.step("grant the budget", async (step) => {
      if (isOver) return null;
      // Another task of the tree may have been resumed before.
      const bounds = (await step.budgets()).filter(({ day }) => day === undefined);
      const { spent: stillSpent } = standingsOf(bounds, ctx.task.id, await expect());
      await step.grant(stillSpent.map(({ task }) => task));
      return null;
    });
  }

  /** Reports each low budget once. Returns those reported now. */
  warn(step: StepContext, low: readonly Standing[]): string[] {
    const fresh = low.filter(({ task }) => !this.warned.has(task));
    for (const { told } of fresh) step.emit({ type: "budget.threshold", data: told });
    return fresh.map(({ task }) => task);
  }
}

function isOverspent(done: Json | Overspent): done is Overspent {
  return typeof done === "object" && done !== null && "overspent" in done;
}

function toldOf(bound: Bound, type: "tokens" | "cost", percent: number): EventData["budget.threshold"] {
  const { spent } = bound;
  const limits = limitsOf(bound);
  return {
    usagePercent: Math.round(percent),
    thresholdPercent: percent >= 100 ? 100 : THRESHOLD_PERCENT,
    tokensUsed: tokensOf(spent),
    tokensBudget: limits.tokens,
    costUsd: spent.costUsd,
    costBudgetUsd: limits.costUsd,
    level: percent >= 100 ? "exhausted" : "warning",
    budgetType: type,
  };
}

function tokensOf(spent: UsageTotals): number {
  return spent.inputTokens + spent.outputTokens;
}

function calls(number: number): string {
  return `${number} model ${number === 1 ? "call" : "calls"}`;
}

function counted(tokens: number): string {
  return tokens.toLocaleString("en-US");
}

function dollars(amount: number): string {
  return `$${Number(amount.toFixed(6))}`;
}

/** Whether the model is known to be free. */
function isFree({ price }: ExpectedCall): boolean {
  return price !== null && price.input === 0 && price.output === 0;
}
