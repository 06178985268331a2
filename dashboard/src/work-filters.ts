/** Which items the inbox shows: one of a few lists, words of the title, an order. */
import type { WorklistFilter } from "@waybill/sdk";
import { button, whenTyped } from "./element.ts";
import { DONE_STATES, OPEN_STATES } from "./work-state.ts";

/** A due date is looked at again when so much time has passed. */
const NOW_MS = 60_000;

const LISTS: Readonly<Record<string, { label: string; query: () => WorklistFilter }>> = {
  waiting: { label: "Waits for me", query: () => ({ of: "mine_and_groups", state: [...OPEN_STATES] }) },
  mine: { label: "Mine", query: () => ({ of: "mine", state: [...OPEN_STATES] }) },
  claimable: { label: "Claimable", query: () => ({ of: "claimable" }) },
  overdue: {
    label: "Overdue",
    query: () => ({ of: "mine_and_groups", state: [...OPEN_STATES], due_until: minuteNow() }),
  },
  done: { label: "Done", query: () => ({ of: "previous", state: [...DONE_STATES] }) },
  owned: { label: "I own", query: () => ({ of: "owned" }) },
};

export class WorkFilters {
  words = "";
  #list = "waiting";
  readonly #order: HTMLSelectElement;

  constructor(buttons: HTMLElement, search: HTMLInputElement, order: HTMLSelectElement, changed: () => void) {
    this.#order = order;
    for (const [name, { label }] of Object.entries(LISTS)) {
      const made = button(label, "", () => {
        this.#list = name;
        for (const each of buttons.children) each.setAttribute("aria-pressed", String(each === made));
        changed();
      });
      made.setAttribute("aria-pressed", String(name === this.#list));
      buttons.append(made);
    }
    whenTyped(search, (words) => {
      this.words = words;
      changed();
    });
    order.addEventListener("change", changed);
  }

  get isEmpty(): boolean {
    return this.#list === "waiting" && this.words === "";
  }

  query(): WorklistFilter {
    return {
      ...LISTS[this.#list]?.query(),
      order: [this.#order.value],
      ...(this.words !== "" && { title: this.words }),
    };
  }
}

function minuteNow(): string {
  return new Date(Math.floor(Date.now() / NOW_MS) * NOW_MS).toISOString();
}
