/** An open task in memory: enough to know when it moves next and who does it, and nothing of its content. */
import type { Handler } from "../../task/handler.ts";
import { type OpenTask, openTask } from "../../task/open-task.ts";
import { HUMAN_KIND } from "../../task/people/human.ts";
import type { Task } from "../../task/task.ts";

export type Entry = OpenTask & {
  /** Who does it: a handler of this server, people, a worker that claims it from this queue, or nobody here. */
  doneBy: DoneBy;
};

export type DoneBy = "handler" | "people" | "nobody" | { queue: string };

/** `known` is what an earlier entry of the task says of who does it: neither its kind nor its input ever changes. */
export function entryOf(task: Task, handlers: ReadonlyMap<string, Handler>, known?: DoneBy): Entry {
  return { ...openTask(task), doneBy: known ?? doneBy(task, handlers) };
}

/**
 * The same without a look at its input: of a new task, which was checked at the door, and of what the store tells at a
 * start, which may turn out not to fit its kind.
 */
export function entryUnread(open: OpenTask, handlers: ReadonlyMap<string, Handler>): Entry {
  if (open.kind === HUMAN_KIND) return { ...open, doneBy: "people" };
  const handler = handlers.get(open.kind);
  const queue: DoneBy = open.queue === null ? "nobody" : { queue: open.queue };
  return { ...open, doneBy: handler?.queueOf ? queue : handler ? "handler" : "nobody" };
}

/**
 * A task whose input no longer fits its kind, since its schema has changed, is claimed nowhere: it is started like any
 * other, and fails by what its handler then says.
 */
function doneBy(task: Task, handlers: ReadonlyMap<string, Handler>): DoneBy {
  if (task.kind === HUMAN_KIND) return "people";
  const handler = handlers.get(task.kind);
  if (!handler) return "nobody";
  if (!handler.queueOf) return "handler";
  try {
    if (!handler.input.safeParse(task.input).success) return "handler";
    return { queue: task.queue ?? handler.queueOf(task.input) };
  } catch {
    return "handler";
  }
}
