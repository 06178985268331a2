/** The list of tasks: rows that are kept and updated in place, so that nothing jumps under a pointer or a reader. */
import { isTerminal, type TaskSummary } from "@waybill/sdk";
import { age, money, STATE_DISPLAY } from "@waybill/sdk/display";
import { chip } from "./chip.ts";
import { element } from "./element.ts";
import { wantedBy } from "./question.ts";

type Row = { item: HTMLElement; task: TaskSummary; shown: string };

export class TaskList {
  readonly #list: HTMLElement;
  readonly #chosen: (id: string, open: boolean) => void;
  readonly #rows = new Map<string, Row>();
  #selected: string | null = null;

  /** `chosen` hears every choice; `open` says that the reader wants to go to the detail, and to its question if it asks. */
  constructor(list: HTMLElement, chosen: (id: string, open: boolean) => void) {
    this.#list = list;
    this.#chosen = chosen;
    list.addEventListener("click", (event) => {
      if (!(event.target instanceof Element)) return;
      const id = event.target.closest<HTMLElement>("[data-id]")?.dataset["id"];
      if (id !== undefined) this.#choose(id, event.target.closest(".asks") !== null);
    });
    list.addEventListener("keydown", (event) => this.#key(event));
  }

  show(tasks: readonly TaskSummary[]): void {
    const ids = new Set(tasks.map(({ id }) => id));
    for (const [id, { item }] of this.#rows) {
      if (ids.has(id)) continue;
      item.remove();
      this.#rows.delete(id);
    }
    tasks.forEach((task, at) => {
      const row = this.#rows.get(task.id) ?? this.#newRow(task);
      row.task = task;
      this.#draw(row);
      if (this.#list.children[at] !== row.item) this.#list.insertBefore(row.item, this.#list.children[at] ?? null);
    });
  }

  select(id: string | null): void {
    this.#selected = id;
    for (const [rowId, { item }] of this.#rows) item.setAttribute("aria-selected", String(rowId === id));
    const row = id === null ? undefined : this.#rows.get(id);
    if (row === undefined) this.#list.removeAttribute("aria-activedescendant");
    else this.#list.setAttribute("aria-activedescendant", row.item.id);
  }

  focus(): void {
    this.#list.focus();
  }

  #newRow(task: TaskSummary): Row {
    const item = element("div", {
      class: "task",
      role: "option",
      id: `row-${task.id}`,
      "data-id": task.id,
      "aria-selected": String(task.id === this.#selected),
    });
    const row = { item, task, shown: "" };
    this.#rows.set(task.id, row);
    return row;
  }

  #draw(row: Row): void {
    const { id, title, state, asks, kind, created_at, progress, usage, user } = row.task;
    const old = age(Date.now() - Date.parse(created_at));
    const cost = usage.cost_usd === 0 ? "" : money(usage.cost_usd);
    const shown = [title, state, asks, kind, old, cost, user, progress.fraction].join("\n");
    if (shown === row.shown) return;
    row.shown = shown;
    row.item.replaceChildren(
      element("span", { class: "title", title }, title),
      chip(state),
      element(
        "span",
        { class: "facts" },
        asks === null ? null : element("span", { class: "asks", title: "Answer it" }, `asks for ${wantedBy(asks)}`),
        element("span", {}, kind),
        element("span", { class: "id" }, `…${id.slice(-6)}`),
        element(
          "time",
          { datetime: created_at, title: new Date(created_at).toLocaleString() },
          old === "now" ? "now" : `${old} ago`,
        ),
        cost === "" ? null : element("span", { class: "cost" }, cost),
      ),
    );
    if (!isTerminal(state)) {
      row.item.append(
        element(
          "span",
          { class: "meter", "data-tone": STATE_DISPLAY[state].tone },
          element("progress", { max: 1, value: progress.fraction, "aria-label": "Progress" }),
        ),
      );
    }
  }

  #key(event: KeyboardEvent): void {
    const order = [...this.#list.children].flatMap((item) => (item instanceof HTMLElement ? [item.dataset["id"]] : []));
    const at = order.indexOf(this.#selected ?? undefined);
    const next = { ArrowDown: at + 1, j: at + 1, ArrowUp: at - 1, k: at - 1, Home: 0, End: order.length - 1 }[
      event.key
    ];
    if (next !== undefined) {
      const id = order[Math.max(0, Math.min(order.length - 1, next))];
      if (id !== undefined) this.#choose(id, false);
      event.preventDefault();
    } else if (event.key === "Enter" && this.#selected !== null) {
      this.#choose(this.#selected, true);
      event.preventDefault();
    }
  }

  #choose(id: string, open: boolean): void {
    this.select(id);
    this.#rows.get(id)?.item.scrollIntoView({ block: "nearest" });
    this.#chosen(id, open);
  }
}
