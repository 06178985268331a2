/** The inputs that a task has received and no call has taken yet, as its run sees them. */
import type { InboxItem } from "../../store/store.ts";

export class Inbox {
  #items: InboxItem[];
  readonly #taken = new Set<number>();

  constructor(items: readonly InboxItem[]) {
    this.#items = [...items];
  }

  /** What the store holds by now: an input may arrive while the run goes on. */
  refill(items: readonly InboxItem[]): void {
    this.#items = items.filter((item) => !this.#taken.has(item.n));
  }

  /** Takes the oldest input that answers `prompt`. */
  take(prompt: string): InboxItem | undefined {
    const at = this.#items.findIndex((item) => answers(item, prompt));
    const item = at === -1 ? undefined : this.#items.splice(at, 1)[0];
    if (item) this.#taken.add(item.n);
    return item;
  }
}

/** An input without the name of a question answers whichever is asked next. */
export function answers(item: InboxItem, prompt: string): boolean {
  return item.prompt === null || item.prompt === prompt;
}
