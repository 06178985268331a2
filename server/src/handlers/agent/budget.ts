/**
 * The budgets that hold for a task: its own, and those of the tasks above it, each for the whole tree below its task.
 * They are looked at within the step of every model call, so that what others of the tree spend meanwhile counts; what
 * was found is journaled with the step, so that a later attempt comes to the same.
 */
import { estimatedUsage } from "../../models/estimated-usage.ts";
import type { PromptTurn, ToolOffer } from "../../models/model.ts";
import type { EventData } from "../../task/events/event.ts";
import { type Bound, type Context, type StepContext, TaskFailure } from "../../task/handler.ts";
import type { Budget, UsageTotals } from "../../task/task.ts";

/** The percentage at which a budget is said to run low. */
const THRESHOLD_PERCENT = 80;

/** Few enough to pass no budget by much, and enough to say something: providers count a prompt otherwise than we do. */
const ANSWER_TOKENS_MIN = 16;

/** What is said of a budget that runs low or is spent. */
export type Standing = {
  is: "low" | "spent";
  /** Whose budget it is. */
  task: string;
  onSpent: Budget["onSpent"];
  sentence: string;
  told: EventData["budget.threshold"];
};

/** The worst that is to be said of a budget; null while enough of it is left. `own` is the task that asks. */
export function standingOf(bound: Bound, own: string): Standing | null {
  const { budget, from, spent, task } = bound;
  const limits = limitsOf(bound);
  const whose = task === own ? "The task's" : `Of ${task}, to whose tree this task belongs, the`;
  const states: Standing[] = [];
  const say = (type: "tokens" | "cost", percent: number, sentence: string) => {
    const is = percent >= 100 ? "spent" : "low";
    if (percent < THRESHOLD_PERCENT) return;
    states.push({ is, task, onSpent: budget.onSpent, sentence, told: toldOf(bound, type, percent) });
  };
  if (limits.tokens !== null) {
    const used = tokensOf(spent);
    const sentence = `${whose} token budget is spent: ${counted(used)} of ${counted(limits.tokens)} tokens in ${spent.calls} model calls.`;
    say("tokens", (used / limits.tokens) * 100, sentence);
  }
  if (limits.costUsd !== null) {
    const sentence = `${whose} cost budget is spent: ${dollars(spent.costUsd)} of ${dollars(limits.costUsd)} in ${spent.calls} model calls.`;
    say("cost", (spent.costUsd / limits.costUsd) * 100, sentence);
    if (spent.unpricedCalls > from.unpricedCalls) {
      const unpriced = `${whose} cost budget of ${dollars(limits.costUsd)} cannot be watched: the model has no known price. Give it one in the configuration.`;
      say("cost", 100, unpriced);
    }
  }
  return states.find(({ is }) => is === "spent") ?? states[0] ?? null;
}

/** How far it reaches: its amount from where it began to count. */
function limitsOf({ budget, from }: Bound): { tokens: number | null; costUsd: number | null } {
  return {
    tokens: budget.tokens === undefined ? null : tokensOf(from) + budget.tokens,
    costUsd: budget.costUsd === undefined ? null : from.costUsd + budget.costUsd,
  };
}

/** How the budgets of a call stand, which is not to be made where one is spent. */
export function standingsOf(bounds: readonly Bound[], own: string): { spent: Standing[]; low: Standing[] } {
  const states = bounds.flatMap((bound) => standingOf(bound, own) ?? []);
  return { spent: states.filter(({ is }) => is === "spent"), low: states.filter(({ is }) => is === "low") };
}

/**
 * Tokens that the answer to this prompt may have, so that no budget is passed by the call that spends the rest of it;
 * undefined without a budget of tokens. The prompt is counted by this server's tokenizer, which is not the provider's.
 */
export async function answerTokensMax(
  bounds: readonly Bound[],
  prompt: readonly PromptTurn[],
  tools: ToolOffer[],
): Promise<number | undefined> {
  const lefts = bounds.flatMap((bound) => {
    const { tokens } = limitsOf(bound);
    return tokens === null ? [] : [tokens - tokensOf(bound.spent)];
  });
  if (lefts.length === 0) return undefined;
  const left = Math.max(1, Math.min(...lefts));
  const { inputTokens } = await estimatedUsage(prompt, tools, []);
  return Math.max(left - inputTokens, Math.min(left, ANSWER_TOKENS_MIN));
}

/** What a run does about its budgets. */
export class BudgetWatch {
  /** Those of which it was said that they run low. */
  readonly warned = new Set<string>();

  /** Returns when the call that was not made may be tried again. Throws `TaskFailure` where a spent budget ends the task. */
  async goOn(ctx: Context, spent: readonly Standing[]): Promise<void> {
    for (const { told } of spent) ctx.emit({ type: "budget.threshold", data: told });
    const sentences = spent.map(({ sentence }) => sentence).join(" ");
    if (spent.some(({ onSpent }) => onSpent === "fail"))
      throw new TaskFailure("budget_exhausted", `${sentences} Submit it again with a larger budget.`);
    await ctx.pause("budget", `${sentences} Resume the task to grant the same amount once more, or cancel it.`);
    for (const { task } of spent) this.warned.delete(task);
    await ctx.step("grant the budget", async (step) => {
      // Another task of the tree may have been resumed before.
      await step.grant(standingsOf(await step.budgets(), ctx.task.id).spent.map(({ task }) => task));
      return null;
    });
  }

  /** Says once of each budget that it runs low. Returns of which it has said so now. */
  warn(step: StepContext, low: readonly Standing[]): string[] {
    const fresh = low.filter(({ task }) => !this.warned.has(task));
    for (const { told } of fresh) step.emit({ type: "budget.threshold", data: told });
    return fresh.map(({ task }) => task);
  }
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

function counted(tokens: number): string {
  return tokens.toLocaleString("en-US");
}

function dollars(amount: number): string {
  return `$${Number(amount.toFixed(6))}`;
}
