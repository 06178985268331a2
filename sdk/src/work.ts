import type { Json, Task } from "./generated/api.ts";
import { type CallOptions, perform, type Request } from "./operation.ts";
import type { Transport } from "./transport.ts";

export type Claim = Request<"claimWork">["body"];

/** Who holds a claimed task: `attempt` is the claim's, and fences whoever held it before. */
export type Holder = { worker: string; attempt: number };

/**
 * Work of kind `external`, done by the calling program. Needs the scope `work`. Claims are not tried again by
 * themselves: a claim whose answer was lost comes back when its lease runs out.
 */
export class WorkClient {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Up to `max` ready tasks of the queue, perhaps none; waits up to `wait_ms` for the first. */
  async claim(claim: Claim, options: CallOptions = {}): Promise<Task[]> {
    const waitMs = claim.wait_ms ?? 0;
    return (await perform(this.#transport, "claimWork", { body: claim }, { ...options, waitMs })).data;
  }

  /** Keeps the lease and says how far it is. Rejects with `fenced` when the task is no longer yours. */
  heartbeat(id: string, beat: Request<"heartbeatWork">["body"], options: CallOptions = {}): Promise<Task> {
    return perform(this.#transport, "heartbeatWork", { params: { id }, body: beat }, options);
  }

  /** Ends the task with its output. Rejects with `fenced` when the task is no longer yours. */
  complete(id: string, holder: Holder, output: Json, options: CallOptions = {}): Promise<Task> {
    return perform(this.#transport, "completeWork", { params: { id }, body: { ...holder, output } }, options);
  }

  /** `retryable` lets the task be tried again, as far as its retry policy goes. */
  fail(
    id: string,
    holder: Holder,
    error: { code: string; message: string },
    options: CallOptions & { retryable?: boolean } = {},
  ): Promise<Task> {
    const { retryable = false, signal } = options;
    return perform(this.#transport, "failWork", { params: { id }, body: { ...holder, error, retryable } }, { signal });
  }
}
