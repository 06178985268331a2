/**
 * The open tasks of each conversation by their numbers, as far as this process knows them: whose turn it is of those that
 * do not run beside the others. Those before a task only ever get fewer, since numbers rise with the commits.
 */
import type { TaskId } from "../../task/id.ts";
import type { Entry } from "./entry.ts";

type Numbered = Pick<Entry, "id" | "number" | "conversation" | "inTurn">;

export class ConversationOrder {
  /** Most conversations have one open task: a map each for those would be most of what memory keeps of them. */
  readonly #open = new Map<string, Numbered | Map<TaskId, Numbered>>();

  add(entry: Entry): void {
    const { id, number, conversation, inTurn } = entry;
    if (conversation === null) return;
    const known = this.#open.get(conversation);
    const numbered = { id, number, conversation, inTurn };
    if (known instanceof Map) known.set(id, numbered);
    else if (known === undefined || known.id === id) this.#open.set(conversation, numbered);
    else
      this.#open.set(
        conversation,
        new Map([
          [known.id, known],
          [id, numbered],
        ]),
      );
  }

  remove({ id, conversation }: Pick<Entry, "id" | "conversation">): void {
    const known = conversation === null ? undefined : this.#open.get(conversation);
    if (conversation === null || known === undefined) return;
    if (known instanceof Map) known.delete(id);
    if (known instanceof Map ? known.size === 0 : known.id === id) this.#open.delete(conversation);
  }

  /** The first of its conversation, where that one waits for its turn: it has come. */
  next(conversation: string | null): TaskId | undefined {
    let first: Numbered | undefined;
    for (const each of this.#of(conversation)) if (first === undefined || each.number < first.number) first = each;
    return first?.inTurn ? first.id : undefined;
  }

  /** Whether one of them waits for its turn. */
  isWaitedIn(conversation: string | null): boolean {
    for (const { inTurn } of this.#of(conversation)) if (inTurn) return true;
    return false;
  }

  isFirst(entry: Numbered): boolean {
    for (const { number } of this.#of(entry.conversation)) if (number < entry.number) return false;
    return true;
  }

  /** Those that were submitted before it, oldest first. */
  before(entry: Numbered): TaskId[] {
    const before = [...this.#of(entry.conversation)].filter(({ number }) => number < entry.number);
    return before.sort((a, b) => a.number - b.number).map(({ id }) => id);
  }

  #of(conversation: string | null): Iterable<Numbered> {
    const known = conversation === null ? undefined : this.#open.get(conversation);
    if (known === undefined) return [];
    return known instanceof Map ? known.values() : [known];
  }
}
