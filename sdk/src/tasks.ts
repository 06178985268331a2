import type { TaskSummary } from "./generated/api.ts";
import { type CallOptions, perform, type Request } from "./operation.ts";
import { type CountedPages, counted } from "./pages.ts";
import type { Transport } from "./transport.ts";

/** Which tasks: all conditions must hold. `limit` is the length of one page. */
export type TaskFilter = Omit<NonNullable<Request<"listTasks">["query"]>, "cursor">;

export class TasksClient {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Newest first. Iterate over it for all of them, or take a page. */
  list(filter: TaskFilter = {}, options: CallOptions = {}): CountedPages<TaskSummary> {
    return counted((cursor) => perform(this.#transport, "listTasks", { query: { ...filter, ...cursor } }, options));
  }
}
