/** The client of one server: where it is, who calls, and what there is to ask. */
import { AgentsClient } from "./agents.ts";
import { ConversationsClient } from "./conversations.ts";
import { ErasuresClient } from "./erasures.ts";
import { refused, type WaybillError } from "./errors.ts";
import { FilesClient } from "./files.ts";
import type { AuditEntry, BatchEntry, Share, StandingWebhook, Task, UsageRow } from "./generated/api.ts";
import { GuardrailsClient } from "./guardrails.ts";
import { HumanClient } from "./human.ts";
import { newIdempotencyKey } from "./idempotency-key.ts";
import { KeysClient } from "./keys.ts";
import { type Answer, type CallOptions, perform, type Request } from "./operation.ts";
import type { Pages } from "./pages.ts";
import { TaskHandle } from "./task-handle.ts";
import { TasksClient } from "./tasks.ts";
import { Transport, type TransportOptions } from "./transport.ts";
import { type UsageFilter, type UsagePage, usagePages } from "./usage.ts";
import { VectorStoresClient } from "./vector-stores.ts";
import { WebhooksClient } from "./webhooks.ts";
import { WorkClient } from "./work.ts";

export type WaybillOptions = TransportOptions;

/** What to do: a kind, its input, and how. */
export type Submission = Request<"submitTask">["body"];

export type AuditOptions = CallOptions & Request<"listAudit">["query"];
const SUBMITTED_AT_ONCE_MAX = 256;

export type SubmitOptions = CallOptions & {
  /** A name of yours for this submit: the same one again, within 24 h, gives the same task. Made when absent. */
  idempotencyKey?: string;
};

export class Waybill {
  readonly tasks: TasksClient;
  readonly conversations: ConversationsClient;
  readonly agents: AgentsClient;
  readonly guardrails: GuardrailsClient;
  readonly files: FilesClient;
  readonly vectorStores: VectorStoresClient;
  readonly keys: KeysClient;
  readonly erasures: ErasuresClient;
  /** For programs that do work of kind `external`. */
  readonly work: WorkClient;
  /** For people, and programs that act for them. */
  readonly human: HumanClient;
  /** Of all tasks; those of one are with its handle. */
  readonly webhooks: WebhooksClient<StandingWebhook>;
  readonly #transport: Transport;

  constructor(options: WaybillOptions = {}) {
    this.#transport = new Transport(options);
    this.tasks = new TasksClient(this.#transport);
    this.conversations = new ConversationsClient(this.#transport);
    this.agents = new AgentsClient(this.#transport);
    this.guardrails = new GuardrailsClient(this.#transport);
    this.files = new FilesClient(this.#transport);
    this.vectorStores = new VectorStoresClient(this.#transport);
    this.keys = new KeysClient(this.#transport);
    this.erasures = new ErasuresClient(this.#transport);
    this.work = new WorkClient(this.#transport);
    this.human = new HumanClient(this.#transport);
    this.webhooks = new WebhooksClient(this.#transport, null);
  }

  get baseUrl(): string {
    return this.#transport.baseUrl;
  }

  /** Hands in work. Resolves when it is on the server's disk; a repeated try is the same task. */
  async submit(submission: Submission, options: SubmitOptions = {}): Promise<TaskHandle> {
    const { signal, idempotencyKey = newIdempotencyKey() } = options;
    const task: Task = await perform(this.#transport, "submitTask", { body: submission }, { signal, idempotencyKey });
    return new TaskHandle(this.#transport, task.id);
  }

  /**
   * Hands in many at once, in calls of at most 256. Resolves when all that were taken are on the server's disk: a handle for
   * each in its place, or why it was refused, which keeps none of the others. A repeated try is the same tasks; one that gives
   * up rejects, and leaves unsaid what was taken of them: name an `idempotency_key` of each to ask again.
   */
  async submitAll(
    submissions: readonly BatchEntry[],
    { signal }: CallOptions = {},
  ): Promise<(TaskHandle | WaybillError)[]> {
    const keyed = submissions.map((each) => ({ idempotency_key: newIdempotencyKey(), ...each }));
    const results: (TaskHandle | WaybillError)[] = [];
    for (let at = 0; at < keyed.length; at += SUBMITTED_AT_ONCE_MAX) {
      const body = { tasks: keyed.slice(at, at + SUBMITTED_AT_ONCE_MAX) };
      const { data } = await perform(this.#transport, "submitTasks", { body }, { signal, repeatable: true });
      for (const { task, error } of data)
        if (task) results.push(new TaskHandle(this.#transport, task.id));
        else if (error) results.push(refused(error));
    }
    return results;
  }

  /** A handle on a task that exists. Asks the server nothing. */
  task(id: string): TaskHandle {
    return new TaskHandle(this.#transport, id);
  }

  /** Who the key says you are. */
  me(options: CallOptions = {}): Promise<Answer<"getCaller">> {
    return perform(this.#transport, "getCaller", {}, options);
  }

  /** Who did what, newest first: at most 200 entries. Takes the scope `admin`. */
  async audit(options: AuditOptions = {}): Promise<AuditEntry[]> {
    return (await this.auditPage(options)).data;
  }

  /**
   * A page of the audit log, and where the next one begins. With `order: "oldest"` it goes on for ever: `wait` holds the
   * answer while there is nothing new.
   */
  auditPage({ signal, ...query }: AuditOptions = {}): Promise<Answer<"listAudit">> {
    return perform(this.#transport, "listAudit", { query }, { signal });
  }

  /** What your user holds of the store (open tasks, money of the day, bytes), and how much there may be. */
  share(options: CallOptions = {}): Promise<Share> {
    return perform(this.#transport, "getShare", {}, options);
  }

  /**
   * What was paid for: one's own, with the scope `tasks:all` that of the whole tenant, by UTC day, user, agent and model.
   * Iterate over its rows, or over its `pages()`, of which each has the `total` of all.
   */
  usage({ signal, ...filter }: UsageFilter & CallOptions = {}): Pages<UsageRow, UsagePage> {
    return usagePages(this.#transport, filter, { signal });
  }

  /** The server itself: resolves once it is ready. */
  async health(options: CallOptions = {}): Promise<{ status: string; version: string }> {
    return await this.#transport.json({ method: "GET", path: "/health", signal: options.signal });
  }
}
