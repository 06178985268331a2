/** Whose code runs at this moment: the task, and the step when it is the body of one. Followed through everything asynchronous. */
import { AsyncLocalStorage } from "node:async_hooks";
import type { TaskId } from "../../task/id.ts";

export type Place = { task: TaskId; step: string | null };

const places = new AsyncLocalStorage<Place>();

/** Runs code of a handler, and knows it again wherever it goes on. */
export function runIn<Result>(place: Place, code: () => Result): Result {
  return places.run(place, code);
}

/** Null when it is no handler's code. */
export function currentPlace(): Place | null {
  return places.getStore() ?? null;
}
