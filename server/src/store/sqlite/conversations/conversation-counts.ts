/** Writes what conversations count. */
import { ConversationCountsDelta } from "../../codec/conversation-counts.ts";
import type { WriterStatements } from "../statements.ts";

export class ConversationCounts extends ConversationCountsDelta {
  readonly #statements: Pick<WriterStatements, "addToConversation">;

  constructor(statements: Pick<WriterStatements, "addToConversation">) {
    super();
    this.#statements = statements;
  }

  /** At the end of a transaction: what it adds up to. */
  write(): void {
    for (const [id, added] of this.take()) {
      const { tasks, completed, failed, inputTokens, outputTokens, costUsd, at } = added;
      this.#statements.addToConversation.run(tasks, completed, failed, inputTokens, outputTokens, costUsd, at, at, id);
    }
  }
}
