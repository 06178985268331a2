/** One task, by its id: what a program keeps of it, and everything that it can ask or say. */
import { BACKOFF_FIRST_MS, sleep } from "./backoff.ts";
import { TaskNeedsInput } from "./errors.ts";
import { type EventStreamOptions, eventStream } from "./event-stream.ts";
import type { Artifact, Event, Json, Step, Task, UsageCall, WebhookOfTask, Why } from "./generated/api.ts";
import { newIdempotencyKey } from "./idempotency-key.ts";
import { type CallOptions, pathOf, perform } from "./operation.ts";
import { isTerminal, outcomeOf, outputText } from "./outcome.ts";
import type { Transport } from "./transport.ts";
import { WebhooksClient } from "./webhooks.ts";

/** How long one long poll holds. Proxies often cut answers that take a minute. */
const POLL_S = 30;
/** The server answers at once for a task that somebody has to move on: then we look again after at most this. */
const LOOK_AGAIN_MS_MAX = 3_000;

export type SteeringOptions = CallOptions & {
  /** For whoever looks at the task: it stands in its log. */
  reason?: string;
};

export type ResultOptions = CallOptions & {
  /** What to do when a person has to answer first: wait for that (the default), or reject with `TaskNeedsInput`. */
  onInputRequired?: "wait" | "reject";
};

/** What is left out stays as it is; null bounds it no more. */
export type BudgetAmounts = { tokens?: number | null; cost_usd?: number | null; on_spent?: "pause" | "fail" };

export type InputOptions = SteeringOptions & {
  /** Name of the question that this answers; the first open one when absent. */
  prompt?: string;
  /** The same message twice is taken once. Made when absent. */
  messageId?: string;
};

export class TaskHandle {
  readonly id: string;
  readonly webhooks: WebhooksClient<WebhookOfTask>;
  readonly #transport: Transport;

  constructor(transport: Transport, id: string) {
    this.#transport = transport;
    this.id = id;
    this.webhooks = new WebhooksClient(transport, id);
  }

  /** The record as it is now; with `waitS`, when it has ended, needs input or is paused, or after that many seconds. */
  get(options: CallOptions & { waitS?: number } = {}): Promise<Task> {
    const { signal, waitS } = options;
    return perform(
      this.#transport,
      "getTask",
      { params: { id: this.id }, ...(waitS !== undefined && { query: { wait: waitS } }) },
      { signal, waitMs: (waitS ?? 0) * 1000 },
    );
  }

  /**
   * Waits for the end, however long that takes, and resolves with the output. Rejects with `TaskFailed`,
   * `TaskCancelled`, `TaskTimedOut` or `TaskRejected`, each of which carries the record.
   */
  async result(options: ResultOptions = {}): Promise<Json> {
    const { signal, onInputRequired = "wait" } = options;
    for (let pauseMs = BACKOFF_FIRST_MS; ; pauseMs = Math.min(LOOK_AGAIN_MS_MAX, pauseMs * 2)) {
      const askedAt = performance.now();
      const task = await this.get({ signal, waitS: POLL_S });
      const outcome = outcomeOf(task);
      if (outcome !== undefined) return outcome.output;
      if (task.state === "input_required" && onInputRequired === "reject") throw new TaskNeedsInput(task);
      if (performance.now() - askedAt < pauseMs) await sleep(pauseMs, signal);
      else pauseMs = BACKOFF_FIRST_MS;
    }
  }

  /** `result()` as people read it. */
  async text(options: ResultOptions = {}): Promise<string> {
    return outputText(await this.result(options));
  }

  /**
   * Every event after number `after`, those to come included, each once and in order, until the terminal one. Connects
   * again by itself. Leaving the loop closes the stream and leaves the task alone.
   */
  stream(options: EventStreamOptions = {}): AsyncGenerator<Event, void, undefined> {
    const path = pathOf("getEvents", { id: this.id });
    const ended = async (after: number): Promise<boolean> => {
      const task = await this.get({ signal: options.signal });
      return isTerminal(task.state) && task.last_event <= after;
    };
    return eventStream(this.#transport, path, ended, options);
  }

  /** A page of the log: events after number `after`, oldest first. */
  async events(options: CallOptions & { after?: number; limit?: number } = {}): Promise<Event[]> {
    const { signal, ...query } = options;
    return (await perform(this.#transport, "getEvents", { params: { id: this.id }, query }, { signal })).data;
  }

  /** What its handler has done so far, in order. */
  steps(options: CallOptions = {}): Promise<Step[]> {
    return inPages((query) => perform(this.#transport, "getSteps", { params: { id: this.id }, query }, options));
  }

  /** All of them, each as it is by now. */
  artifacts(options: CallOptions = {}): Promise<Artifact[]> {
    return inPages((query) => perform(this.#transport, "getArtifacts", { params: { id: this.id }, query }, options));
  }

  /** Every paid call. */
  usage(options: CallOptions = {}): Promise<UsageCall[]> {
    return inPages((query) => perform(this.#transport, "getUsage", { params: { id: this.id }, query }, options));
  }

  /** What it waits for, who holds that, and when it goes on. */
  why(options: CallOptions = {}): Promise<Why> {
    return perform(this.#transport, "getWhy", { params: { id: this.id } }, options);
  }

  /** Ends it and its open descendants. */
  cancel(options: SteeringOptions = {}): Promise<Task> {
    return this.#steer("cancelTask", options);
  }

  /** Lets the steps that run come to their end, and starts no more; with `now`, stops them too. */
  pause({ now = false, ...options }: SteeringOptions & { now?: boolean } = {}): Promise<Task> {
    return this.#steer("pauseTask", options, now ? { now } : {});
  }

  /** Goes on with a paused task where it stopped. */
  resume(options: SteeringOptions = {}): Promise<Task> {
    return this.#steer("resumeTask", options);
  }

  /** Other amounts for a task that has a budget, also while it runs; what is left out stays. */
  setBudget({ signal, reason, ...amounts }: SteeringOptions & BudgetAmounts): Promise<Task> {
    const body = { ...amounts, ...(reason !== undefined && { reason }) };
    return perform(
      this.#transport,
      "setBudget",
      { params: { id: this.id }, body },
      { signal, idempotencyKey: newIdempotencyKey() },
    );
  }

  /** A new task with the same input; with `reuseSteps`, what finished steps have done is not done again. */
  async retry(options: SteeringOptions & { reuseSteps?: boolean } = {}): Promise<TaskHandle> {
    const { signal, reason, reuseSteps = false } = options;
    const body = { reuse_journal: reuseSteps, ...(reason !== undefined && { reason }) };
    const idempotencyKey = newIdempotencyKey();
    const task = await perform(
      this.#transport,
      "retryTask",
      { params: { id: this.id }, body },
      { signal, idempotencyKey },
    );
    return new TaskHandle(this.#transport, task.id);
  }

  /** Answers a question of the task, or leaves it a message for later. */
  input(value: Json, options: InputOptions = {}): Promise<Task> {
    return this.#tell({ value }, options);
  }

  /** The same in words, as a person writes them: read as the question wants them, "42" as a number where it wants one. */
  say(text: string, options: InputOptions = {}): Promise<Task> {
    return this.#tell({ text }, options);
  }

  #tell(
    told: { value: Json } | { text: string },
    { signal, prompt, messageId = newIdempotencyKey() }: InputOptions,
  ): Promise<Task> {
    const body = { ...told, message_id: messageId, ...(prompt !== undefined && { prompt }) };
    return perform(
      this.#transport,
      "sendInput",
      { params: { id: this.id }, body },
      { signal, idempotencyKey: messageId },
    );
  }

  /** Hides a task that has ended from every list and read. */
  async delete(options: CallOptions = {}): Promise<void> {
    await perform(this.#transport, "deleteTask", { params: { id: this.id } }, options);
  }

  #steer(
    name: "cancelTask" | "pauseTask" | "resumeTask",
    { signal, reason }: SteeringOptions,
    more: { now?: true } = {},
  ): Promise<Task> {
    return perform(
      this.#transport,
      name,
      { params: { id: this.id }, body: { ...more, ...(reason !== undefined && { reason }) } },
      { signal, idempotencyKey: newIdempotencyKey() },
    );
  }
}

/** All of a list that comes in pages. */
async function inPages<Item>(
  page: (query: { cursor?: string }) => Promise<{ data: Item[]; next_cursor: string | null }>,
): Promise<Item[]> {
  const items: Item[] = [];
  for (let query = {}; ; ) {
    const { data, next_cursor } = await page(query);
    for (const item of data) items.push(item);
    // A server from before this list came in pages names no next one.
    if (!next_cursor) return items;
    query = { cursor: next_cursor };
  }
}
