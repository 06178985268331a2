/** A list of rows to choose from, kept and updated in place, so that nothing jumps under a pointer or a reader. */
import { element } from "./element.ts";

/** What a row shows: it is drawn anew when `shown` has become another. */
export type RowContent = { shown: string; draw: () => HTMLElement[] };

type Row = { item: HTMLElement; shown: string };

export class RowList<Item extends { id: string }> {
  readonly #list: HTMLElement;
  readonly #content: (item: Item) => RowContent;
  readonly #chosen: (id: string, open: boolean) => void;
  readonly #rows = new Map<string, Row>();
  #selected: string | null = null;

  /** `chosen` hears every choice; `open` says that the reader wants to go to the detail, and to what it asks. */
  constructor(list: HTMLElement, content: (item: Item) => RowContent, chosen: (id: string, open: boolean) => void) {
    this.#list = list;
    this.#content = content;
    this.#chosen = chosen;
    list.addEventListener("click", (event) => {
      if (!(event.target instanceof Element)) return;
      const id = event.target.closest<HTMLElement>("[data-id]")?.dataset["id"];
      if (id !== undefined) this.#choose(id, event.target.closest(".asks") !== null);
    });
    list.addEventListener("keydown", (event) => this.#key(event));
  }

  show(items: readonly Item[]): void {
    const ids = new Set(items.map(({ id }) => id));
    for (const [id, { item }] of this.#rows) {
      if (ids.has(id)) continue;
      item.remove();
      this.#rows.delete(id);
    }
    items.forEach((each, at) => {
      const row = this.#rows.get(each.id) ?? this.#newRow(each.id);
      const { shown, draw } = this.#content(each);
      if (row.shown !== shown) row.item.replaceChildren(...draw());
      row.shown = shown;
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

  #newRow(id: string): Row {
    const item = element("div", {
      class: "task",
      role: "option",
      id: `row-${id}`,
      "data-id": id,
      "aria-selected": String(id === this.#selected),
    });
    const row = { item, shown: "" };
    this.#rows.set(id, row);
    return row;
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
