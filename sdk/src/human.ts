import { Deadline } from "./deadline.ts";
import type { AllowedAct, Attachment, Comment, DirectoryEntry, HistoryEntry, Task, WorkItem } from "./generated/api.ts";
import { newIdempotencyKey } from "./idempotency-key.ts";
import { type Answer, type CallOptions, pathOf, perform, type Request } from "./operation.ts";
import type { Transport } from "./transport.ts";

export type WorklistFilter = NonNullable<Request<"getWorklist">["query"]>;
type Act = Request<"actOnTask">["body"];

type Page<Item> = { data: Item[]; next_cursor: string | null };

/** The work of people: what is yours to do, and what people do with a task of any kind. */
export class HumanClient {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** A page: by itself yours and that of your groups and roles, the newest first. */
  async worklist(
    filter: WorklistFilter = {},
    options: CallOptions = {},
  ): Promise<{ items: WorkItem[]; total: number }> {
    const { data, total } = await perform(this.#transport, "getWorklist", { query: filter }, options);
    return { items: data, total };
  }

  /** By state, what is open by priority, and what is overdue. */
  counts(filter: Pick<WorklistFilter, "of"> = {}, options: CallOptions = {}): Promise<Answer<"countWorklist">> {
    return perform(this.#transport, "countWorklist", { query: filter }, options);
  }

  /** Those of the directory whom work can be given to, by id. */
  async identities(
    filter: NonNullable<Request<"listIdentities">["query"]> = {},
    options: CallOptions = {},
  ): Promise<DirectoryEntry[]> {
    return (await perform(this.#transport, "listIdentities", { query: filter }, options)).data;
  }

  /** Resolves with the task after it. Rejects with `conflict` when somebody else was quicker. */
  act(task: string, act: Act, options: CallOptions = {}): Promise<Task> {
    const idempotencyKey = newIdempotencyKey();
    return perform(this.#transport, "actOnTask", { params: { id: task }, body: act }, { ...options, idempotencyKey });
  }

  /** What the caller may do with it now. */
  async allowed(task: string, options: CallOptions = {}): Promise<AllowedAct[]> {
    return (await perform(this.#transport, "listActs", { params: { id: task } }, options)).data;
  }

  /** Says something to the people who take part in the task. */
  comment(task: string, text: string, options: CallOptions = {}): Promise<Comment> {
    return perform(this.#transport, "addComment", { params: { id: task }, body: { text } }, options);
  }

  /** All of them, oldest first. */
  comments(task: string, options: CallOptions = {}): Promise<Comment[]> {
    const params = { id: task };
    return inPages((query) => perform(this.#transport, "listComments", { params, query }, options));
  }

  /** Who did what with it, and when, oldest first. */
  history(task: string, options: CallOptions = {}): Promise<HistoryEntry[]> {
    return inPages((query) => perform(this.#transport, "getHistory", { params: { id: task }, query }, options));
  }

  /** Those that people have added, without their bytes. */
  async attachments(task: string, options: CallOptions = {}): Promise<Attachment[]> {
    return (await perform(this.#transport, "listAttachments", { params: { id: task } }, options)).data;
  }

  /** A `File` has its name with it, any other blob needs one. There is no time limit beside `signal`. */
  attach(task: string, file: Blob, options: CallOptions & { name?: string } = {}): Promise<Attachment> {
    const { name = file instanceof File ? file.name : undefined, ...rest } = options;
    const query = name === undefined ? {} : { name };
    const waitMs = Number.POSITIVE_INFINITY;
    return perform(this.#transport, "addAttachment", { params: { id: task }, query }, { ...rest, waitMs, bytes: file });
  }

  /** Its bytes. Read the stream to its end, or cancel it. */
  async attachment(task: string, name: string, { signal }: CallOptions = {}): Promise<ReadableStream<Uint8Array>> {
    const deadline = new Deadline(this.#transport.timeoutMs, signal);
    const path = pathOf("getAttachment", { id: task, name });
    const { body } = await this.#transport.open({ method: "GET", path }, deadline);
    deadline.extend(Number.POSITIVE_INFINITY);
    const end = new TransformStream<Uint8Array, Uint8Array>({ flush: () => deadline.clear() });
    return (body ?? new Blob().stream()).pipeThrough(end);
  }

  /** Takes an attachment off the task. */
  async detach(task: string, name: string, options: CallOptions = {}): Promise<void> {
    await perform(this.#transport, "removeAttachment", { params: { id: task, name } }, options);
  }
}

async function inPages<Item>(page: (query: { cursor?: string }) => Promise<Page<Item>>): Promise<Item[]> {
  const items: Item[] = [];
  for (let query = {}; ; ) {
    const { data, next_cursor } = await page(query);
    items.push(...data);
    if (next_cursor === null) return items;
    query = { cursor: next_cursor };
  }
}
