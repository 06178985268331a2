/** What the transitions of one transaction add to the counters of conversations, written once each at its end. */
import type { WriterStatements } from "./statements.ts";

type Added = {
  tasks: number;
  completed: number;
  failed: number;
  inputTokens: number;
  outputTokens: number;
  costUsd: number;
};

export class ConversationsDelta {
  readonly #statements: Pick<WriterStatements, "addToConversation">;
  readonly #deltas = new Map<string, Added & { at: number }>();

  constructor(statements: Pick<WriterStatements, "addToConversation">) {
    this.#statements = statements;
  }

  add(conversation: string, at: number, added: Added): void {
    const known = this.#deltas.get(conversation);
    if (!known) {
      this.#deltas.set(conversation, { ...added, at });
      return;
    }
    known.tasks += added.tasks;
    known.completed += added.completed;
    known.failed += added.failed;
    known.inputTokens += added.inputTokens;
    known.outputTokens += added.outputTokens;
    known.costUsd += added.costUsd;
    known.at = Math.max(known.at, at);
  }

  write(): void {
    for (const [id, { at, ...added }] of this.#deltas) {
      const { tasks, completed, failed, inputTokens, outputTokens, costUsd } = added;
      this.#statements.addToConversation.run(tasks, completed, failed, inputTokens, outputTokens, costUsd, at, at, id);
    }
    this.clear();
  }

  clear(): void {
    this.#deltas.clear();
  }
}
