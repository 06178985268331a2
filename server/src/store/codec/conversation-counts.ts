/**
 * The arithmetic of what a conversation counts. Collects what the transitions of one transaction add to each, so that
 * each conversation is written once.
 */
import { isFailed, isTerminal, type State } from "../../task/states.ts";

export type Counts = {
  tasks: number;
  completed: number;
  failed: number;
  inputTokens: number;
  outputTokens: number;
  costUsd: number;
};

/** What a transition adds to the ends: nothing for a task that had ended before. `from` is null for a new task. */
export function endsAdded(from: State | null, to: State): { completed: number; failed: number } {
  if (from !== null && isTerminal(from)) return { completed: 0, failed: 0 };
  return { completed: to === "completed" ? 1 : 0, failed: isFailed(to) ? 1 : 0 };
}

export class ConversationCountsDelta {
  #added = new Map<string, Counts & { at: number }>();

  add(conversation: string, at: number, added: Counts): void {
    const known = this.#added.get(conversation);
    if (!known) {
      this.#added.set(conversation, { ...added, at });
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

  /** What each conversation gains since the last call, and when it was last used. */
  take(): [conversation: string, added: Counts & { at: number }][] {
    if (this.#added.size === 0) return [];
    const added = [...this.#added];
    this.clear();
    return added;
  }

  clear(): void {
    this.#added.clear();
  }
}
