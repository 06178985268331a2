/**
 * Which failed calls a rejection has passed through: what a retry of the whole task does afresh. A rejection is known by
 * the very error that the call threw, by the errors that name it as their cause, and by those that `parallel` has held
 * back for it. A failure that the handler has caught, and gone on after, is in no later rejection.
 */
import type { FailedPlace } from "./journal.ts";

/** Errors that are looked at behind one. */
const CAUSES_MAX = 10_000;

export class Rejections {
  /** Made with the first one: nearly all runs have none, and the collector of garbage looks at each such map. */
  #calls: WeakMap<object, readonly FailedPlace[]> | undefined;

  /** The error comes of the failure of these calls. */
  note(error: unknown, calls: readonly FailedPlace[]): void {
    if (!isObject(error) || calls.length === 0) return;
    this.#calls ??= new WeakMap();
    this.#calls.set(error, [...(this.#calls.get(error) ?? []), ...calls]);
  }

  /** The failed calls that the error has come of. */
  callsOf(error: unknown): FailedPlace[] {
    const seen = new Set<object>();
    let errors = [error];
    while (errors.length > 0) {
      const news = errors.filter(isObject).filter((each) => !seen.has(each));
      for (const each of news.slice(0, CAUSES_MAX - seen.size)) seen.add(each);
      errors = seen.size < CAUSES_MAX ? news.flatMap(causesOf) : [];
    }
    return [...seen].flatMap((each) => this.#calls?.get(each) ?? []);
  }
}

/** A handler may throw what cannot even be asked for its kind: that comes of nothing. A list may say that it is any length. */
function causesOf(error: object): unknown[] {
  try {
    const gathered: unknown[] = error instanceof AggregateError ? error.errors.slice(0, CAUSES_MAX) : [];
    return [...gathered, ...(error instanceof Error ? [error.cause] : [])];
  } catch {
    return [];
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
