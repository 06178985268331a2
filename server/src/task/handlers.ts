/**
 * The handlers of a server. Of each kind the newest version takes new tasks, and is what the map gives; older ones go on
 * with the tasks that began with them.
 */
import type { Handler } from "./handler.ts";
import type { Task } from "./task.ts";

export class Handlers extends Map<string, Handler> {
  readonly #versions = new Map<string, Handler>();

  /** The first two of the same kind and version, when there are any. */
  static twins(handlers: Iterable<Handler>): Handler | undefined {
    const seen = new Set<string>();
    for (const handler of handlers) {
      if (seen.has(keyOf(handler))) return handler;
      seen.add(keyOf(handler));
    }
    return undefined;
  }

  constructor(handlers: Iterable<Handler>) {
    super();
    for (const handler of handlers) this.add(handler);
  }

  add(handler: Handler): void {
    this.#versions.set(keyOf(handler), handler);
    const newest = this.get(handler.kind);
    if (!newest || newest.version < handler.version) this.set(handler.kind, handler);
  }

  /** The one that the task runs; undefined when its version is not here. */
  of({ kind, handlerVersion }: Pick<Task, "kind" | "handlerVersion">): Handler | undefined {
    return this.#versions.get(keyOf({ kind, version: handlerVersion }));
  }

  /** The versions of a kind that are here, in their order. */
  versionsOf(kind: string): number[] {
    const own = [...this.#versions.values()].filter((handler) => handler.kind === kind);
    return own.map(({ version }) => version).sort((a, b) => a - b);
  }
}

function keyOf({ kind, version }: Pick<Handler, "kind" | "version">): string {
  return `${kind}\n${version}`;
}
