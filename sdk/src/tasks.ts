import type { TaskSummary } from "./generated/api.ts";
import { type CallOptions, perform, type Request } from "./operation.ts";
import { Pages } from "./pages.ts";
import type { Transport } from "./transport.ts";

/** Which tasks: all conditions must hold. `limit` is the length of one page. */
export type TaskFilter = Omit<NonNullable<Request<"listTasks">["query"]>, "cursor">;

export class TasksClient {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Newest first. Iterate over it for all of them, or take a page. */
  list(filter: TaskFilter = {}, options: CallOptions = {}): Pages<TaskSummary> {
    return new Pages(async (cursor) => {
      const query = { ...filter, ...(cursor !== undefined && { cursor }) };
      const { data, total, next_cursor } = await perform(this.#transport, "listTasks", { query }, options);
      return { items: data, total, next: next_cursor };
    });
  }
}
