/** The inputs that a task has received and no call has taken yet, as its run sees them. */
import type { InboxItem } from "../../store/store.ts";
import { messageIn, valueTold } from "../../task/agent/agent-message.ts";
import type { Answer } from "../../task/handler.ts";
import type { Heard } from "../../task/people/answer-reading.ts";
import { type OpenQuestion, takesEarlierInput } from "../../task/people/questions.ts";
import type { AttemptPort } from "./attempt-port.ts";

export type Asked = Pick<OpenQuestion, "key" | "prompt">;

/** What the code that asked is given of it. */
export function answerOf({ value, by, at, answer = valueTold(value) }: InboxItem): Answer {
  const message = messageIn(value);
  return { value: answer, by, at, ...(message && { message }) };
}

export class Inbox {
  #items: readonly InboxItem[];
  /** Those that were taken, by their numbers, as they were said where they came before their question: few tasks are told anything. */
  #taken: Map<number, InboxItem | null> | null = null;

  constructor(items: readonly InboxItem[]) {
    this.#items = items;
  }

  /** What has come since: an input may arrive while the run goes on. What it knows already is passed over. */
  add(items: readonly InboxItem[]): void {
    const known = new Set(this.#items.map(({ n }) => n));
    this.#items = [...this.#items, ...items.filter(({ n }) => !known.has(n) && !this.#taken?.has(n))];
  }

  /** Takes the input that answers this question: what came for it, or else what came before it was asked. */
  take(asked: Asked): InboxItem | undefined {
    const item = answerAmong(this.#items, asked);
    if (item) this.#remove(item);
    return item;
  }

  /** The same of what came for it alone. */
  takeOwn({ key }: Asked): InboxItem | undefined {
    const item = this.#items.find(({ question }) => question === key);
    if (item) this.#remove(item);
    return item;
  }

  /**
   * As `take`, but of what came before a question with a schema was asked, the first that fits it. `unfit` are the numbers of
   * those that do not: they answer nothing.
   */
  async takeFitting(asked: Asked, answerTo: AttemptPort["answerTo"]): Promise<{ item?: InboxItem; unfit: number[] }> {
    const unfit: number[] = [];
    for (;;) {
      const item = this.take(asked);
      if (item === undefined) return { unfit };
      if (item.question !== null || asked.prompt.schema === null) return { item, unfit };
      const given = await answerTo(asked.prompt, heardIn(item));
      if (given !== null) return { item: { ...item, ...given }, unfit };
      unfit.push(item.n);
    }
  }

  /** Of what came before a question that something else has answered: it may answer the next one. */
  putBack({ n }: Pick<InboxItem, "n">): void {
    const said = this.#taken?.get(n);
    if (!said) return;
    this.#taken?.delete(n);
    this.#items = [...this.#items, said].sort((one, other) => one.n - other.n);
  }

  /** Takes what was meant for a question of this name that was not asked yet: it answers no later one. Returns the numbers. */
  takeEarly(name: string): number[] {
    const early = this.#items.filter(({ question, prompt }) => question === null && prompt === name);
    for (const item of early) this.#remove(item);
    return early.map(({ n }) => n);
  }

  #remove(item: InboxItem): void {
    this.#taken ??= new Map();
    this.#taken.set(item.n, item.question === null ? item : null);
    this.#items = this.#items.filter((each) => each !== item);
  }
}

/** What came before its question, as it was said: a text whose answer is not known yet is words. */
function heardIn({ value, answer }: InboxItem): Heard {
  return { value, words: typeof value === "string" && answer === undefined };
}

/** Of inputs that no call has taken, the one that answers this question. A message without a name answers whichever is asked next. */
export function answerAmong(items: readonly InboxItem[], { key, prompt }: Asked): InboxItem | undefined {
  const own = items.find(({ question }) => question === key);
  if (own || !takesEarlierInput(prompt.asks)) return own;
  const earlier = items.filter(({ question }) => question === null);
  return earlier.find((item) => item.prompt === prompt.name) ?? earlier.find((item) => item.prompt === null);
}
