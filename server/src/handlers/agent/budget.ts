/** Watches what a task has spent against its budget: warns once, and when it is spent pauses or fails the task. */
import { estimatedUsage } from "../../models/estimated-usage.ts";
import type { PromptTurn, ToolOffer } from "../../models/model.ts";
import type { EventData } from "../../task/events/event.ts";
import { type Context, TaskFailure } from "../../task/handler.ts";
import type { Budget, UsageTotals } from "../../task/task.ts";

/** The percentage at which a budget is said to run low. */
const THRESHOLD_PERCENT = 80;

/** Few enough to pass no budget by much, and enough to say something: providers count a prompt otherwise than we do. */
const ANSWER_TOKENS_MIN = 16;

/** How far each budget reaches by now: every resume after a pause grants the budget's amount once more. */
export type Limits = { tokens: number | null; costUsd: number | null; unpricedCalls: number };

export type BudgetState =
  | { is: "within" }
  | { is: "low"; percent: number; type: "tokens" | "cost" }
  | { is: "spent"; percent: number; type: "tokens" | "cost"; sentence: string };

/** The limits before anybody granted more. */
export function limitsOf(budget: Budget | null): Limits {
  return { tokens: budget?.tokens ?? null, costUsd: budget?.costUsd ?? null, unpricedCalls: 0 };
}

/** The limits once somebody let a task with a spent budget go on. */
export function granted(budget: Budget, spent: UsageTotals): Limits {
  return {
    tokens: budget.tokens === undefined ? null : tokensOf(spent) + budget.tokens,
    costUsd: budget.costUsd === undefined ? null : spent.costUsd + budget.costUsd,
    unpricedCalls: spent.unpricedCalls,
  };
}

/** The worst of the budgets. */
export function budgetState(limits: Limits, spent: UsageTotals): BudgetState {
  const { tokens, costUsd } = limits;
  const used = tokensOf(spent);
  const states: BudgetState[] = [];
  if (tokens !== null) {
    const sentence = `The task's token budget is spent: ${counted(used)} of ${counted(tokens)} tokens in ${spent.calls} model calls.`;
    states.push(stateAt((used / tokens) * 100, "tokens", sentence));
  }
  if (costUsd !== null) {
    const sentence = `The task's cost budget is spent: ${dollars(spent.costUsd)} of ${dollars(costUsd)} in ${spent.calls} model calls.`;
    states.push(stateAt((spent.costUsd / costUsd) * 100, "cost", sentence));
    if (spent.unpricedCalls > limits.unpricedCalls) {
      const unpriced = `The task's cost budget of ${dollars(costUsd)} cannot be watched: the model has no known price. Give it one in the configuration.`;
      states.push({ is: "spent", percent: 100, type: "cost", sentence: unpriced });
    }
  }
  return states.find(({ is }) => is === "spent") ?? states.find(({ is }) => is === "low") ?? { is: "within" };
}

function stateAt(percent: number, type: "tokens" | "cost", sentence: string): BudgetState {
  if (percent >= 100) return { is: "spent", percent, type, sentence };
  return percent >= THRESHOLD_PERCENT ? { is: "low", percent, type } : { is: "within" };
}

/** The budgets of one run. `check` belongs before every model call. */
export class BudgetWatch {
  readonly #ctx: Context;
  #limits: Limits;
  #warned = false;
  #pauses = 0;

  constructor(ctx: Context) {
    this.#ctx = ctx;
    this.#limits = limitsOf(ctx.task.budget);
  }

  /** Returns when the next call may be made. Throws `TaskFailure` where a spent budget ends the task. */
  async check(): Promise<void> {
    const { budget } = this.#ctx.task;
    if (budget === null) return;
    const state = budgetState(this.#limits, this.#ctx.spent);
    if (state.is === "within") return;
    if (state.is === "low") {
      if (!this.#warned) this.#announce(state);
      this.#warned = true;
      return;
    }
    this.#announce(state);
    if (budget.onSpent === "fail") {
      throw new TaskFailure("budget_exhausted", `${state.sentence} Submit it again with a larger budget.`);
    }
    this.#pauses++;
    await this.#ctx.pause(
      `budget ${this.#pauses}`,
      `${state.sentence} Resume the task to grant the same amount once more, or cancel it.`,
    );
    this.#limits = granted(budget, this.#ctx.spent);
    this.#warned = false;
  }

  /**
   * Tokens that the answer to this prompt may have, so that a budget is not passed by the call that spends the rest of
   * it; null without a budget of tokens. The prompt is counted by this server's tokenizer, which is not the provider's.
   */
  async answerTokensMax(prompt: readonly PromptTurn[], tools: ToolOffer[]): Promise<number | null> {
    const { tokens } = this.#limits;
    if (tokens === null) return null;
    const left = Math.max(1, tokens - tokensOf(this.#ctx.spent));
    const { inputTokens } = await estimatedUsage(prompt, tools, []);
    return Math.max(left - inputTokens, Math.min(left, ANSWER_TOKENS_MIN));
  }

  #announce(state: Exclude<BudgetState, { is: "within" }>): void {
    const { spent } = this.#ctx;
    const data: EventData["budget.threshold"] = {
      usagePercent: Math.round(state.percent),
      thresholdPercent: state.is === "spent" ? 100 : THRESHOLD_PERCENT,
      tokensUsed: tokensOf(spent),
      tokensBudget: this.#limits.tokens,
      costUsd: spent.costUsd,
      costBudgetUsd: this.#limits.costUsd,
      level: state.is === "spent" ? "exhausted" : "warning",
      budgetType: state.type,
    };
    this.#ctx.emit({ type: "budget.threshold", data });
  }
}

function tokensOf(spent: UsageTotals): number {
  return spent.inputTokens + spent.outputTokens;
}

function counted(tokens: number): string {
  return tokens.toLocaleString("en-US");
}

function dollars(amount: number): string {
  return `$${Number(amount.toFixed(6))}`;
}
