/**
 * What becomes of a new task whose conversation has open ones: it runs beside them, or one of LangGraph's multitask
 * strategies, by their names. Those that came before it are the open tasks of the conversation that were submitted
 * earlier, whatever they do and whoever does it.
 */
export const MULTITASK_STRATEGIES = ["concurrent", "enqueue", "reject", "interrupt"] as const;

/**
 * `concurrent`: it begins at once. `enqueue`: it begins when all before it have ended, in whatever way. `reject`: it is
 * refused. `interrupt`: those before it are cancelled, and it begins when they have ended.
 */
export type MultitaskStrategy = (typeof MULTITASK_STRATEGIES)[number];

/** Open tasks of a conversation beyond which no more may wait behind them. */
export const OPEN_IN_CONVERSATION_MAX = 1_000;

/** The wait of a task for its turn in its conversation, of those whose strategy waits for one. */
export function turnWait(at: number) {
  return { on: "conversation", key: "", since: at, until: null } as const;
}
