/** What callers may do with tasks, over the ledger and the store: the same whichever engine moves them. */

import type { Clock } from "../../engine/clock.ts";
import type { SchedulingView } from "../../engine/engine.ts";
import type { EventFeed } from "../../engine/event-feed.ts";
import type { Ids } from "../../engine/ids.ts";
import { KeyedMutex } from "../../engine/mutex.ts";
import { cut, type NewTask, newTask } from "../../engine/new-task.ts";
import type { Along, Transitions } from "../../engine/transitions.ts";
import type { IdempotencyRecord, Store, Visible, Write } from "../../store/store.ts";
import type { Artifact } from "../../task/artifact.ts";
import type { Alias, Conversation } from "../../task/conversation.ts";
import { type Change, submitted, submittedRunning } from "../../task/decide.ts";
import { notFound, Refusal } from "../../task/errors.ts";
import type { TaskEvent } from "../../task/events/event.ts";
import type { Handler } from "../../task/handler.ts";
import { isUuid, type TaskId } from "../../task/id.ts";
import type { Json } from "../../task/json.ts";
import { mayRead, type Principal } from "../../task/principal.ts";
import { isTerminal } from "../../task/states.ts";
import type { Step } from "../../task/step.ts";
import {
  type Idempotency,
  type InputSubmission,
  type Steering,
  type Submission,
  submission as submissionSchema,
} from "../../task/submission.ts";
import type { Task } from "../../task/task.ts";
import { PAGE_LIMIT_MAX, type Page, type TaskFilter, type TaskList } from "../../task/task-filter.ts";
import type { UsageCall } from "../../task/usage.ts";
import type { Acknowledged, Tasks } from "../tasks.ts";
import type { Why } from "../why.ts";
import { explain } from "./explain.ts";

const CONVERSATION_TITLE_MAX = 60;

/** The scope of idempotency keys of acts on a task, in the place of a lens's name. */
const STEERING = "steering";

export type TaskVerbsParts = {
  store: Store;
  ledger: Transitions;
  log: EventFeed;
  clock: Clock;
  ids: Ids;
  handlers: ReadonlyMap<string, Handler>;
  movement: SchedulingView;
};

type NewConversation = { id: string; created?: { conversation: Conversation; alias: Alias | null } };

export class TaskVerbs implements Tasks {
  readonly #parts: TaskVerbsParts;
  /** Two submits that name the same new conversation make one. */
  readonly #conversations = new KeyedMutex();

  constructor(parts: TaskVerbsParts) {
    this.#parts = parts;
  }

  async submit(
    principal: Principal,
    lens: string,
    wanted: Submission,
    idempotency?: Idempotency,
  ): Promise<Acknowledged> {
    const submission = submissionSchema.parse(wanted);
    const handler = this.#parts.handlers.get(submission.kind);
    if (!handler) throw unknownKind(submission.kind, this.#parts.handlers);
    const record = idempotency && this.#idempotency(principal, lens, idempotency);
    const { conversation } = submission;
    const base = {
      handler,
      submission,
      lens,
      tenant: principal.tenant,
      user: principal.user,
      parent: null,
      retryOf: null,
    };
    if (conversation === undefined) return this.#submit(principal, { ...base, conversation: null }, undefined, record);
    const lane = `${principal.tenant}\n${principal.user}\n${lens}\n${"id" in conversation ? conversation.id : conversation.alias}`;
    return this.#conversations.run(lane, async () => {
      const title = cut(handler.present(parsedInput(handler, submission.input)).title, CONVERSATION_TITLE_MAX);
      const { id, created } = await this.#conversation(principal, lens, conversation, title);
      return this.#submit(principal, { ...base, conversation: id }, created, record);
    });
  }

  async get(principal: Principal, id: string): Promise<Task> {
    const task = await this.#parts.ledger.find(id);
    if (!task || !mayRead(principal, task)) throw notFound("Task");
    return task;
  }

  list(principal: Principal, filter: TaskFilter, page: Page): Promise<TaskList> {
    return this.#parts.store.list(visibleTo(principal), filter, {
      ...page,
      limit: Math.min(page.limit, PAGE_LIMIT_MAX),
    });
  }

  async events(principal: Principal, id: string, after: number, limit: number): Promise<TaskEvent[]> {
    await this.get(principal, id);
    return this.#parts.store.events(id, after, limit);
  }

  async *follow(
    principal: Principal,
    id: string,
    after: number,
    signal: AbortSignal,
  ): AsyncGenerator<readonly TaskEvent[]> {
    await this.get(principal, id);
    const end = async () => {
      const task = await this.get(principal, id);
      return { ended: isTerminal(task.state), lastSeq: task.lastSeq };
    };
    yield* this.#parts.log.follow(id, after, end, signal);
  }

  async settled(principal: Principal, id: string, ms: number, signal: AbortSignal): Promise<Task> {
    let task = await this.get(principal, id);
    if (isSettled(task) || ms <= 0) return task;
    const stop = new AbortController();
    const forget = this.#parts.clock.after(ms, () => stop.abort());
    const gone = () => stop.abort();
    signal.addEventListener("abort", gone, { once: true });
    try {
      for await (const _ of this.#parts.log.changes(id, stop.signal)) {
        task = await this.get(principal, id);
        if (isSettled(task)) break;
      }
    } finally {
      forget();
      signal.removeEventListener("abort", gone);
    }
    return task;
  }

  async steps(principal: Principal, id: string): Promise<Step[]> {
    await this.get(principal, id);
    const journal = await this.#parts.store.journal(id);
    return journal.map(({ occurrence: _, usage: __, ...step }) => step);
  }

  async artifacts(principal: Principal, id: string): Promise<Artifact[]> {
    await this.get(principal, id);
    return this.#parts.store.artifacts(id);
  }

  async usage(principal: Principal, id: string): Promise<(UsageCall & { at: number })[]> {
    await this.get(principal, id);
    return this.#parts.store.usage(id);
  }

  async why(principal: Principal, id: string): Promise<Why> {
    const task = await this.get(principal, id);
    return explain(task, this.#parts.movement, await this.#parts.store.journal(id));
  }

  async cancel(principal: Principal, id: string, steering: Steering = {}): Promise<Acknowledged> {
    await this.get(principal, id);
    const command = { do: "cancel", by: principal.user, reason: steering.reason ?? "" } as const;
    return this.#steer(principal, id, steering, () =>
      this.#parts.ledger.cancel(id, command, this.#along(principal, "cancel", id, steering)),
    );
  }

  async pause(principal: Principal, id: string, steering: Steering = {}): Promise<Acknowledged> {
    await this.get(principal, id);
    return this.#steer(principal, id, steering, () =>
      this.#parts.ledger.change(id, () => ({
        command: { do: "pause", by: principal.user, reason: steering.reason ?? "" },
        along: this.#along(principal, "pause", id, steering),
      })),
    );
  }

  async resume(principal: Principal, id: string, steering: Steering = {}): Promise<Acknowledged> {
    await this.get(principal, id);
    return this.#steer(principal, id, steering, () =>
      this.#parts.ledger.change(id, () => ({
        command: { do: "resume", by: principal.user, live: this.#parts.movement.isLive(id) },
        along: this.#along(principal, "resume", id, steering),
      })),
    );
  }

  async input(
    principal: Principal,
    id: string,
    input: InputSubmission,
    steering: Steering = {},
  ): Promise<Acknowledged> {
    await this.get(principal, id);
    const { clock, ids, ledger } = this.#parts;
    const at = clock.now();
    const messageId = input.messageId ?? ids.uuid(at);
    const prompt = input.prompt ?? null;
    return this.#steer(principal, id, steering, () =>
      ledger.change(id, (task) => {
        const open = task.waits.flatMap((wait) => (wait.on === "input" ? [wait.prompt.name] : []));
        if (prompt !== null && open.length > 0 && !open.includes(prompt)) {
          throw new Refusal("not_allowed_in_state", `The task asks "${open.join('", "')}", not "${prompt}".`, {
            state: task.state,
          });
        }
        return {
          command: { do: "input", by: principal.user, messageId, prompt },
          along: {
            ...this.#along(principal, "input", id, steering),
            inbox: { messageId, prompt, value: input.value, by: principal.user, at },
          },
        };
      }),
    );
  }

  async retry(principal: Principal, id: string, options: { reuseJournal: boolean } & Steering): Promise<Acknowledged> {
    const task = await this.get(principal, id);
    if (!isTerminal(task.state)) {
      throw new Refusal(
        "not_allowed_in_state",
        `A task that is ${task.state} cannot be tried again: it has not ended.`,
        { state: task.state },
      );
    }
    const handler = this.#parts.handlers.get(task.kind);
    if (!handler) throw unknownKind(task.kind, this.#parts.handlers);
    const deadlineMs =
      task.deadlineAt === null || task.timeLimitMs !== null ? undefined : task.deadlineAt - task.createdAt;
    const submission = submissionSchema.parse({
      kind: task.kind,
      input: task.input,
      priority: task.priority,
      retry: task.retry,
      metadata: task.metadata,
      ...(task.concurrency && { concurrency: task.concurrency }),
      ...(task.budget && { budget: task.budget }),
      ...(deadlineMs !== undefined && { deadlineMs }),
    });
    const { lens, tenant, user, conversation } = task;
    const fresh: NewTask = { handler, submission, lens, tenant, user, conversation, parent: null, retryOf: id };
    const along = { ...this.#along(principal, "retry", id, options), ...(options.reuseJournal && { journalOf: id }) };
    return this.#submit(principal, fresh, undefined, along.idempotency, along);
  }

  async delete(principal: Principal, id: string, steering: Steering = {}): Promise<void> {
    await this.get(principal, id);
    await this.#parts.ledger.change(id, () => ({
      command: { do: "delete" },
      along: this.#along(principal, "delete", id, steering),
    }));
  }

  async #submit(
    principal: Principal,
    fresh: NewTask,
    conversation: NewConversation["created"],
    idempotency: IdempotencyRecord | undefined,
    along: Along = {},
  ): Promise<Acknowledged> {
    const { clock, ids, ledger, movement } = this.#parts;
    const { task, message } = newTask(fresh, clock.now(), ids);
    const reserved = movement.reserve(task);
    const write: Write = {
      ...firstChange(task, reserved),
      ...along,
      ...(idempotency && { idempotency }),
      ...(conversation && { conversation }),
      ...(message && task.conversation !== null && { messages: [{ role: "user", parts: message }] }),
    };
    let done: Awaited<ReturnType<Transitions["submit"]>> | undefined;
    try {
      done = await ledger.submit(write);
    } finally {
      if (reserved && !(done && "task" in done)) movement.unreserve(task.id);
    }
    if ("task" in done) return { task: done.task, replayed: false };
    checkReplay(idempotency, done.hash);
    return { task: await this.get(principal, done.replayed), replayed: true };
  }

  /** Whose conversation it is, is never told: a name or an id of another's leads to a new one of one's own. */
  async #conversation(
    principal: Principal,
    lens: string,
    wanted: NonNullable<Submission["conversation"]>,
    title: string,
  ): Promise<NewConversation> {
    const { store, clock, ids } = this.#parts;
    const own = (conversation: Conversation | null) =>
      conversation?.tenant === principal.tenant && conversation.user === principal.user ? conversation : null;
    if ("id" in wanted) {
      const known = own(isUuid(wanted.id) ? await store.conversation(wanted.id) : null);
      if (!known) throw notFound("Conversation");
      return { id: known.id };
    }
    const alias: Alias = { tenant: principal.tenant, owner: principal.user, lens, value: wanted.alias };
    const byAlias = await store.conversationByAlias(alias);
    if (byAlias) return { id: byAlias.id };
    const uuid = isUuid(wanted.alias) ? wanted.alias.toLowerCase() : null;
    const known = own(uuid === null ? null : await store.conversation(uuid));
    if (known) return { id: known.id };
    const now = clock.now();
    const id = uuid !== null && !(await store.isConversation(uuid)) ? uuid : ids.uuid(now);
    const conversation: Conversation = {
      id,
      tenant: principal.tenant,
      user: principal.user,
      title,
      context: wanted.context ?? {},
      createdAt: now,
      updatedAt: now,
      lastActivityAt: now,
      tasks: 0,
      completed: 0,
      failed: 0,
      inputTokens: 0,
      outputTokens: 0,
      costUsd: 0,
    };
    return { id, created: { conversation, alias } };
  }

  #along(principal: Principal, act: string, task: TaskId, steering: Steering): Along {
    const detail: Json = steering.reason === undefined ? {} : { reason: steering.reason };
    return {
      audit: {
        tenant: principal.tenant,
        at: this.#parts.clock.now(),
        user: principal.user,
        keyId: principal.keyId,
        act,
        task,
        detail,
      },
      ...(steering.idempotency && { idempotency: this.#idempotency(principal, STEERING, steering.idempotency) }),
    };
  }

  #idempotency(principal: Principal, lens: string, { key, hash }: Idempotency): IdempotencyRecord {
    return { scope: `${principal.tenant}\n${principal.user}\n${lens}`, key, hash, at: this.#parts.clock.now() };
  }

  /** A repeated act is recognised by its key, also when the task's new state would refuse it. */
  async #steer(
    principal: Principal,
    id: TaskId,
    { idempotency }: Steering,
    act: () => Promise<{ task: Task; replayed: boolean; hash: string | null }>,
  ): Promise<Acknowledged> {
    try {
      const { task, replayed, hash } = await act();
      if (hash !== null) checkReplay(idempotency, hash);
      return { task, replayed };
    } catch (error) {
      const refused = error instanceof Refusal && error.code === "not_allowed_in_state";
      const record = refused && idempotency ? this.#idempotency(principal, STEERING, idempotency) : null;
      const known = record && (await this.#parts.store.replay(record.scope, record.key));
      if (!known) throw error;
      checkReplay(idempotency, known.hash);
      return { task: await this.get(principal, id), replayed: true };
    }
  }
}

/** What lists may show a principal: the SQL twin of `mayRead` is built from it. */
export function visibleTo(principal: Principal): Visible {
  return { tenant: principal.tenant, user: principal.scopes.has("tasks:all") ? null : principal.user };
}

function firstChange(task: Task, reserved: boolean): Change {
  const change = reserved ? submittedRunning(task) : submitted(task);
  if (change instanceof Refusal) throw change;
  return change;
}

/** Nothing more happens to it until somebody does something. */
function isSettled(task: Task): boolean {
  return isTerminal(task.state) || task.state === "input_required" || task.state === "paused";
}

function checkReplay(idempotency: { hash: string } | undefined, hash: string): void {
  if (idempotency && idempotency.hash !== hash) {
    throw new Refusal(
      "conflict",
      "This idempotency key was used within the last 24 hours for another request. Use a new key.",
      { field: "Idempotency-Key" },
    );
  }
}

function unknownKind(kind: string, handlers: ReadonlyMap<string, Handler>): Refusal {
  const known = [...handlers.keys()].filter((name) => !name.startsWith("waybill."));
  return new Refusal("invalid", `There is no kind "${kind}" here. Known kinds: ${known.join(", ")}.`, {
    field: "kind",
  });
}

/** Ill input is refused with its reason when the task is made; until then it has no title. */
function parsedInput(handler: Handler, input: Json): Json {
  const parsed = handler.input.safeParse(input);
  if (!parsed.success)
    throw new Refusal("invalid", `input: ${parsed.error.issues[0]?.message ?? "does not fit its kind"}`, {
      field: "input",
    });
  return parsed.data;
}
