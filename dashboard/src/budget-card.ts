/**
 * The budgets that hold for a task: what of each is used, and a form that gives it other amounts. What pauses a task by its
 * budget is raised or lifted here, and the task goes on. A form that somebody may be writing in stays the same elements.
 */
import type { Task, Waybill } from "@waybill/sdk";
import { isTerminal } from "@waybill/sdk";
import { count, money } from "@waybill/sdk/display";
import { button, card, element, notice } from "./element.ts";
import { sentenceOf } from "./session.ts";

type Budget = NonNullable<Task["budget"]>;
/** Whose budget it is. */
type Holder = { id: string; title: string; budget: Budget };
type Amounts = { tokens: number | null; cost_usd: number | null };

export class BudgetCard {
  readonly view = element("div");
  readonly #client: Waybill;
  readonly #id: string;
  readonly #changed: () => void;
  readonly #used = new Map<string, HTMLElement>();
  /** What the forms are about: others are made when that changes. */
  #about = "";

  /** `changed` hears that the task was changed from here. */
  constructor(client: Waybill, id: string, changed: () => void) {
    this.#client = client;
    this.#id = id;
    this.#changed = changed;
  }

  /** `isPausedByIt`: the task goes on once a budget has room again. */
  async show(task: Task, isPausedByIt: boolean, signal: AbortSignal): Promise<void> {
    const holders = await this.#holdersOf(task, signal);
    if (signal.aborted) return;
    const isOver = isTerminal(task.state);
    const about = JSON.stringify([
      isOver,
      isPausedByIt,
      holders.map(({ id, budget: { spent: _, ...of } }) => [id, of]),
    ]);
    if (about !== this.#about) {
      this.#about = about;
      this.#used.clear();
      // What pauses it is nearly used; another of its budgets is seldom what is meant.
      const isNear = ({ budget }: Holder): boolean => fullest(budget) >= NEARLY;
      const meant = holders.some(isNear) ? holders.filter(isNear) : holders;
      this.view.replaceChildren(
        ...holders.map((holder) => this.#card(holder, isOver, isPausedByIt, isPausedByIt && meant.includes(holder))),
      );
    }
    for (const { id, budget } of holders) this.#used.get(id)?.replaceChildren(...usedOf(budget));
  }

  /** Its own, and those of the tasks above it that whoever looks may see. */
  async #holdersOf({ id, title, budget, bound_by }: Task, signal: AbortSignal): Promise<Holder[]> {
    const above = await Promise.all(
      bound_by.map((each) =>
        this.#client
          .task(each)
          .get({ signal })
          .catch(() => null),
      ),
    );
    return [{ id, title, budget }, ...above.filter((each) => each !== null && !isTerminal(each.state))].flatMap(
      (each) => (each?.budget ? [{ id: each.id, title: each.title, budget: each.budget }] : []),
    );
  }

  #card(holder: Holder, isOver: boolean, isPausedByIt: boolean, isMeant: boolean): HTMLElement {
    const used = element("div", { class: "budget-used" });
    this.#used.set(holder.id, used);
    const whose =
      holder.id === this.#id ? null : element("p", { class: "under" }, `Of the task above it: ${holder.title}`);
    if (isOver) return card("Budget", "", whose, used);
    const form = this.#form(holder, isPausedByIt);
    return card(
      "Budget",
      isMeant ? "ask" : "",
      whose,
      used,
      isMeant ? form : element("details", {}, element("summary", {}, "Change it"), form),
    );
  }

  #form(holder: Holder, isPausedByIt: boolean): HTMLFormElement {
    const { budget } = holder;
    const offered = isPausedByIt ? raised(budget) : budget;
    const problem = element("p", { class: "notice", role: "alert", hidden: true });
    const tokens = amountField("tokens", offered.tokens);
    const dollars = amountField("cost_usd", offered.cost_usd);
    const give = element(
      "button",
      { type: "submit", class: "primary" },
      isPausedByIt ? "Give it this and go on" : "Give it this",
    );
    const lift = button(isPausedByIt ? "Lift it and go on" : "Lift it", "", () =>
      send({ tokens: null, cost_usd: null }),
    );

    const send = (amounts: Amounts): void => {
      give.disabled = lift.disabled = true;
      notice(problem, "");
      this.#give(holder, amounts, isPausedByIt)
        .catch((error: unknown) => {
          notice(problem, sentenceOf(error));
        })
        .finally(() => {
          give.disabled = lift.disabled = false;
          // A button that was disabled has lost the keyboard.
          if (form.isConnected && !problem.hidden) tokens.focus();
        });
    };
    const form = element(
      "form",
      { class: "budget-form", novalidate: true },
      element("label", { class: "field" }, "Tokens", tokens),
      element("label", { class: "field" }, "US dollars", dollars),
      element(
        "p",
        { class: "under" },
        `An empty field is no bound.${isPausedByIt ? " Resume gives it the same once more." : ""}`,
      ),
      problem,
      element("div", { class: "row" }, give, lift),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      try {
        send({ tokens: amountIn(tokens, "tokens"), cost_usd: amountIn(dollars, "dollars") });
      } catch (error) {
        notice(problem, sentenceOf(error));
      }
    });
    return form;
  }

  async #give({ id, budget }: Holder, amounts: Amounts, isPausedByIt: boolean): Promise<void> {
    const short = isPausedByIt ? stillSpent(budget, amounts) : null;
    if (short !== null) throw new Error(short);
    await this.#client.task(id).setBudget(amounts);
    if (isPausedByIt) await this.#client.task(this.#id).resume();
    this.#changed();
  }
}

/** Of a bound that pauses. */
const NEARLY = 0.8;

function amountField(name: keyof Amounts, value: number | null): HTMLInputElement {
  return element("input", {
    name,
    type: "number",
    step: name === "tokens" ? 1 : "any",
    min: 0,
    inputmode: "decimal",
    autocomplete: "off",
    placeholder: "no bound",
    value,
  });
}

/** Null for an empty field. Throws words for what is no amount. */
function amountIn(field: HTMLInputElement, what: "tokens" | "dollars"): number | null {
  const text = field.value.trim();
  if (text === "" && !field.validity.badInput) return null;
  const amount = Number(text);
  if (text !== "" && amount > 0 && Number.isFinite(amount) && (what === "dollars" || Number.isInteger(amount)))
    return amount;
  field.focus();
  throw new Error(what === "tokens" ? "Tokens must be a whole number above 0." : "Dollars must be a number above 0.");
}

function usedOf({ tokens, cost_usd, spent }: Budget): HTMLElement[] {
  const lines: HTMLElement[] = [];
  const line = (used: number, most: number, words: string): void => {
    const full = used >= most;
    lines.push(
      element("p", {}, words),
      element(
        "div",
        { "data-tone": full ? "failure" : used >= most * NEARLY ? "attention" : "active" },
        element("progress", { max: most, value: Math.min(used, most), "aria-label": words }),
      ),
    );
  };
  if (tokens !== null) line(spent.tokens, tokens, `${count(spent.tokens)} of ${count(tokens)} tokens used`);
  if (cost_usd !== null) line(spent.cost_usd, cost_usd, `${money(spent.cost_usd)} of ${money(cost_usd)} used`);
  if (lines.length === 0)
    lines.push(element("p", {}, `No bound. ${count(spent.tokens)} tokens and ${money(spent.cost_usd)} used.`));
  return lines;
}

function partsOf({ tokens, cost_usd, spent }: Budget): { tokens: number; cost: number } {
  return {
    tokens: tokens === null ? 0 : spent.tokens / tokens,
    cost: cost_usd === null ? 0 : spent.cost_usd / cost_usd,
  };
}

function fullest(budget: Budget): number {
  const { tokens, cost } = partsOf(budget);
  return Math.max(tokens, cost);
}

/** What is offered for one that is spent: as much again as it had, of the amount that is nearest to its end. */
function raised(budget: Budget): Amounts {
  const { tokens, cost } = partsOf(budget);
  const most = fullest(budget);
  const isSpent = (part: number): boolean => part === most || part >= 1;
  return {
    tokens: budget.tokens !== null && isSpent(tokens) ? budget.spent.tokens + budget.tokens : budget.tokens,
    cost_usd:
      budget.cost_usd !== null && isSpent(cost)
        ? Number((budget.spent.cost_usd + budget.cost_usd).toPrecision(6))
        : budget.cost_usd,
  };
}

/** Why a task would not go on with these amounts. */
function stillSpent({ spent }: Budget, { tokens, cost_usd }: Amounts): string | null {
  if (tokens !== null && tokens <= spent.tokens)
    return `It has used ${count(spent.tokens)} tokens already: give it more than that.`;
  if (cost_usd !== null && cost_usd <= spent.cost_usd)
    return `It has used ${money(spent.cost_usd)} already: give it more than that.`;
  return null;
}
