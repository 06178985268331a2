/**
 * The writer of one attempt: what it may do to its task, made durable through the transitions. Every write names the
 * attempt, so that a later one fences it. The writes are a chain: each waits for the one before it, and the first that
 * is refused for good rejects all that come after it, so that no journal has a gap.
 */

import { Damaged } from "../../store/damage.ts";
import type { Store } from "../../store/store.ts";
import type { HeardMessage, Message } from "../../task/conversation.ts";
import { submitted } from "../../task/decide.ts";
import { isUnavailable, Refusal } from "../../task/errors.ts";
import { asChildOf, childRefused } from "../../task/family.ts";
import { type Bound, type Handler, isEnginesOwn, type Reservation } from "../../task/handler.ts";
import type { Handlers } from "../../task/handlers.ts";
import type { Json, JsonObject } from "../../task/json/json.ts";
import { OBJECT_KEYS_MAX } from "../../task/json/object-keys.ts";
import { newTask, plainSubmission } from "../../task/new-task.ts";
import type { Heard } from "../../task/people/answer-reading.ts";
import { openQuestions } from "../../task/people/questions.ts";
import type { QueuedTask } from "../../task/queued-task.ts";
import { isTerminal } from "../../task/states.ts";
import { type Failure, NO_USAGE, type Prompt, type Task, type UsageTotals, type Wait } from "../../task/task.ts";
import { sumOf, type UsageCall } from "../../task/usage.ts";
import { backoffMs } from "../backoff.ts";
import type { Clock } from "../clock.ts";
import type { EventFeed } from "../event-feed.ts";
import type { AttemptPort, AttemptWrite, ChildSubmission, FailAtRest } from "../execution/attempt-port.ts";
import { BadValue, type Pause, RECORD_BYTES_MAX } from "../execution/handed-over.ts";
import { replyOf } from "../execution/reply.ts";
import { type Speaker, type Speakers, textMs } from "../execution/text-pace.ts";
import { emptyWrite, isEmpty } from "../execution/write-buffer.ts";
import type { Ids } from "../ids.ts";
import type { Reservations } from "../reservations.ts";
import type { Act, Along, Plan, Transitions } from "../transitions.ts";
import { type DaysMoneyOf, daysMoneyBounds } from "./days-money.ts";
import type { RefusedWrites } from "./refused-writes.ts";
import { saidOf } from "./said-bytes.ts";

export type AttemptParts = {
  store: Store;
  transitions: Transitions;
  clock: Clock;
  /** Of its engine. */
  life: string;
  /** Whether a task was submitted to another process than this one, before it. */
  isOfBefore: (task: Pick<Task, "number">) => boolean;
  random: () => number;
  ids: Ids;
  handlers: Handlers;
  refused: RefusedWrites;
  reservations: Reservations;
  daysMoney: DaysMoneyOf;
  /** As its port's, for a task of this tenant. */
  answerTo: (prompt: Prompt, heard: Heard, tenant: string) => ReturnType<AttemptPort["answerTo"]>;
  feed: Pick<EventFeed, "isFollowed">;
  /** The share of its time in which this thread does something, from 0 to 1. */
  busy: () => number;
  speakers: Speakers;
  /** Generations that there may be below a task that a caller has submitted. */
  depthMax: number;
};

export class AttemptWriter implements AttemptPort, Speaker {
  spokeIn = 0;
  readonly #parts: AttemptParts;
  readonly #task: Task;
  readonly #handler: Handler;
  /** Rejects when the submit of the task, with which the attempt has begun, has not taken effect. */
  readonly #onDisk: Promise<void>;
  /** Whether its process stops: what it runs stays as it is, for the next one to go on with first. */
  readonly #isStopping: () => boolean;
  /** Keys of the questions that the task has shown in this attempt. */
  #told: Set<string> | undefined;
  /** Keys of its steps that have reserved something. */
  #reserving: Set<string> | undefined;
  #isOver = false;
  /** The last write of the chain. */
  #last: Promise<unknown>;

  constructor(
    parts: AttemptParts,
    task: Task,
    handler: Handler,
    { onDisk = Promise.resolve(), isStopping }: { onDisk?: Promise<void> | undefined; isStopping: () => boolean },
  ) {
    this.#parts = parts;
    this.#isStopping = isStopping;
    this.#task = task;
    this.#handler = handler;
    this.#onDisk = onDisk;
    this.#last = onDisk;
    this.#tell(openQuestions(task));
  }

  get clock(): Clock {
    return this.#parts.clock;
  }

  get life(): string {
    return this.#parts.life;
  }

  random(): number {
    return this.#parts.random();
  }

  textMs(): number {
    const { feed, busy, speakers } = this.#parts;
    return textMs(feed.isFollowed(this.#task.id), busy(), speakers.with(this));
  }

  commit(write: AttemptWrite): Promise<unknown> {
    return this.#inOrder(write, () => this.#recorded(write));
  }

  suspend(waits: Wait[], checkpoint: string, write: AttemptWrite): Promise<unknown> {
    const { attempt } = this.#task;
    return this.#inOrder(write, (task) =>
      waits.length === 0 && task.state === "running" && this.#isStopping()
        ? this.#recorded(write)
        : {
            ...this.#before(write),
            command: { do: "suspend", attempt, waits, checkpoint, told: [...(this.#told ?? [])] },
          },
    );
  }

  async complete(output: Json, write: AttemptWrite): Promise<unknown> {
    const { attempt, conversation } = this.#task;
    const said = conversation === null ? undefined : replyOf(this.#handler, output);
    const reply = said instanceof Promise ? await said : said;
    const along: Along = reply && reply.length > 0 ? { messages: [{ role: "agent", parts: reply }] } : {};
    return await this.#end(write, () => ({ command: { do: "complete", attempt, output }, along }));
  }

  async fail(
    error: Failure,
    retryable: boolean,
    retryAfterMs: number | undefined,
    write: AttemptWrite,
    stack: string | null = null,
  ): Promise<unknown> {
    const { attempt } = this.#task;
    const rest = await this.#restOf(write);
    return await this.#end(rest, (task) => {
      const retryAt = retryable ? againAt(this.#parts, task, retryAfterMs) : null;
      return { command: { do: "fail", attempt, error, retryAt, stack } };
    });
  }

  failAtRest(...given: Parameters<FailAtRest>): Promise<unknown> {
    return this.failingAtRest()(...given);
  }

  failingAtRest(): FailAtRest {
    const parts = this.#parts;
    const { id, attempt } = this.#task;
    return (error, retryable, retryAfterMs, stack) => {
      const fail = parts.transitions.repeatable(id, (task) => {
        // What is paused is not begun again by that.
        const retryAt = retryable && task.state !== "paused" ? againAt(parts, task, retryAfterMs) : null;
        return { command: { do: "fail", attempt, error, retryAt, stack, atRest: true } };
      });
      return parts.refused.insist(id, fail);
    };
  }

  async reject(error: Failure, write: AttemptWrite): Promise<unknown> {
    const { attempt } = this.#task;
    const rest = await this.#restOf(write);
    return await this.#end(rest, () => ({ command: { do: "reject", attempt, error } }));
  }

  pause(pause: Pause, write: AttemptWrite): Promise<unknown> {
    return this.#inOrder(write, (task) =>
      // Paused in this very moment by somebody else: one pause is enough for both.
      task.state === "paused"
        ? this.#recorded(write)
        : { ...this.#before(write), command: { do: "pause", by: "waybill", ...pause } },
    );
  }

  childRefused(): Failure | null {
    return childRefused(this.#task, this.#parts.depthMax);
  }

  async child(wanted: ChildSubmission, write: (child: string) => AttemptWrite, ownId?: string): Promise<string> {
    const { attempt } = this.#task;
    const task = await this.#newChild(wanted, ownId).catch((error: unknown) => {
      throw this.#asOfNow(error);
    });
    const { retryOf } = task;
    const own = write(task.id);
    await this.#inOrder(own, () => ({
      command: { do: "record", attempt, record: { ...own.record, begot: true } },
      along: alongOf(own),
      others: [{ ...submitted(task), ...(retryOf !== null && { journalOf: retryOf }) }],
    }));
    return task.id;
  }

  /** What a child names was never there where its parent was submitted to this very server. */
  #asOfNow(error: unknown): unknown {
    if (!(error instanceof Refusal) || this.#parts.isOfBefore(this.#task)) return error;
    const { missing, ...detail } = error.detail;
    return missing ? new Refusal(error.code, error.message, detail) : error;
  }

  async #newChild(wanted: ChildSubmission, ownId?: string): Promise<QueuedTask> {
    const { kind, input, budget, deadlineMs } = wanted;
    const { handlers, clock, ids, transitions, refused } = this.#parts;
    const handler = handlers.get(kind);
    if (!handler || isEnginesOwn(kind))
      throw new Refusal("invalid", `There is no kind "${kind}" for a child.`, { missing: true });
    const { tenant, user, lens, priority, id, models } = this.#task;
    const { bind } = handler;
    const bound = bind ? await refused.insist(id, () => bind(input, { tenant, user })) : input;
    const submission = {
      ...plainSubmission(kind, bound),
      priority,
      ...(budget && { budget }),
      ...(deadlineMs !== null && { deadlineMs }),
    };
    const { retryOf: before } = wanted;
    const failed = before === null ? null : await refused.insist(id, () => transitions.find(before));
    const goesOn = failed?.kind === kind && failed.handlerVersion === handler.version;
    const retryOf = goesOn ? failed.id : null;
    const details = goesOn ? failed.details : {};
    const now = clock.now();
    const { task: fresh } = newTask(
      { handler, submission, tenant, user, lens, conversation: null, parent: id, retryOf, details, models },
      ownId ?? ids.taskId(now),
      now,
    );
    return asChildOf(this.#task, fresh);
  }

  async endOf(child: string): Promise<{ output: Json } | { error: Failure } | null> {
    const { transitions, refused } = this.#parts;
    const task = await refused
      .insist(this.#task.id, () => transitions.find(child))
      .catch((error: unknown) => {
        if (error instanceof Damaged) return error;
        throw error;
      });
    if (task instanceof Damaged) return { error: { code: "child_damaged", message: task.message } };
    if (!task) return { error: { code: "not_found", message: `The child ${child} was deleted.` } };
    if (!isTerminal(task.state)) return null;
    if (task.state === "completed") return { output: task.output };
    if ("error" in task) return { error: task.error };
    return { error: { code: "child_cancelled", message: `The child ${child} was cancelled.` } };
  }

  async history(limit: number): Promise<HeardMessage[]> {
    const { conversation, id } = this.#task;
    const { store, refused } = this.#parts;
    if (conversation === null) return [];
    await this.#onDisk;
    const { messages } = await refused.insist(id, () => store.messages(conversation, { limit, before: id }));
    return messages.flatMap(heard);
  }

  async said(step: string): Promise<number> {
    const { store } = this.#parts;
    const { id, lastSeq } = this.#task;
    return saidOf(step, lastSeq, (after, limit) => this.#insist(() => store.events(id, after, limit)));
  }

  answerTo(prompt: Prompt, heard: Heard): Promise<{ answer: Json } | null> {
    return this.#parts.refused.insist(this.#task.id, () => this.#parts.answerTo(prompt, heard, this.#task.tenant));
  }

  async budgets(since: readonly Bound[] = []): Promise<Bound[]> {
    const { reservations } = this.#parts;
    const { id, boundBy } = this.#task;
    if (since.length > 0) await reservations.changedSince(since);
    const holders = this.#task.budget === null ? boundBy : [...boundBy, id];
    const bounds: Bound[] = [];
    for (const holder of holders) {
      // Before what is spent is read: a call that ends meanwhile makes it another version.
      const taken = reservations.of(holder);
      const task = await this.#insist(() => this.#parts.transitions.find(holder));
      if (!task?.budget) continue;
      const { budget, budgetFrom } = task;
      bounds.push({ task: holder, budget, from: budgetFrom ?? NO_USAGE, spent: await this.#spentBy(task), ...taken });
    }
    const at = { now: this.#parts.clock.now(), onSpent: bounds.at(-1)?.budget.onSpent ?? "pause" };
    return [...bounds, ...(await this.#insist(() => daysMoneyBounds(this.#parts, this.#task, at)))];
  }

  async reserve(step: string, amount: Reservation, seen: readonly Bound[]): Promise<boolean> {
    if (this.#isOver) throw new Refusal("fenced", "The attempt is over.");
    const taken = this.#parts.reservations.take(step, amount, seen);
    if (taken) this.#reserving = (this.#reserving ?? new Set()).add(step);
    return taken;
  }

  /** The run has ended: nothing of it is under way. */
  end(): void {
    this.#isOver = true;
    if (this.#reserving) this.#settle([...this.#reserving]);
  }

  #tell(asked: readonly Pick<Wait, "key">[]): void {
    for (const { key } of asked) this.#told = (this.#told ?? new Set()).add(key);
  }

  #settle(steps: readonly string[]): void {
    for (const step of steps) {
      this.#reserving?.delete(step);
      this.#parts.reservations.giveBack(step);
    }
  }

  async grant(tasks: readonly string[]): Promise<void> {
    for (const id of tasks) {
      const granted = this.#insist(() =>
        this.#parts.transitions.change(id, async (task) => ({
          command: { do: "grant", spent: await this.#spentBy(task) },
        })),
      );
      await granted.catch((error: unknown) => {
        // It has ended meanwhile, and binds nobody any more.
        if (!(error instanceof Refusal) || error.code === "fenced") throw error;
      });
    }
  }

  /** What it and all below it have spent. */
  async #spentBy(task: Task): Promise<UsageTotals> {
    if (task.children === 0) return task.usage;
    return sumOf(task.usage, await this.#insist(() => this.#parts.store.spentBelow(task.id)));
  }

  #insist<Result>(read: () => Promise<Result>): Promise<Result> {
    return this.#parts.refused.insist(this.#task.id, read);
  }

  async bill(calls: UsageCall[]): Promise<void> {
    const { transitions, refused } = this.#parts;
    const { id } = this.#task;
    const isTask = await this.#onDisk.then(
      () => true,
      () => false,
    );
    if (!isTask) return;
    await refused.insist(
      id,
      () => transitions.change(id, { do: "bill", calls }),
      () => bytesOf(calls),
    );
  }

  /** The attempt's end, in one transaction with what it recorded last. */
  #end(write: AttemptWrite, act: (task: Task) => Act): Promise<unknown> {
    const { attempt } = this.#task;
    return this.#inOrder(write, (task) => {
      // Paused in this very moment: what was recorded stands, and the end is reached again after the resume.
      if (task.state === "paused")
        return { ...this.#before(write), command: { do: "suspend", attempt, waits: [], checkpoint: "end" } };
      return { ...this.#before(write), ...act(task) };
    });
  }

  /** One transaction, after all of this attempt that came before it, as often as it takes a disk to have room again. */
  #inOrder(write: AttemptWrite, plan: (task: Task) => Plan): Promise<unknown> {
    const { transitions, refused } = this.#parts;
    const { id } = this.#task;
    if (write.record.asked) this.#tell(write.record.asked);
    const checked = (task: Task) => {
      mustHold(task, write.record.details);
      return plan(task);
    };
    const inTurn: Promise<unknown> =
      transitions.withSubmit(id, checked) ??
      refused.insistAfter(this.#last, id, transitions.repeatable(id, checked), () => bytesOf(write));
    const { usage } = write.record;
    const written = usage ? this.#orBill(usage, inTurn) : inTurn;
    if (write.settled.length > 0)
      written.then(
        () => this.#settle(write.settled),
        () => {},
      );
    this.#last = written;
    return written;
  }

  /**
   * What is left to commit with an attempt's failure. When something that came before it could not be written at all, what
   * came after that is not written either, except what it cost.
   */
  async #restOf(write: AttemptWrite): Promise<AttemptWrite> {
    if (this.#parts.transitions.isBeginning(this.#task.id)) return write;
    try {
      await this.#last;
      return write;
    } catch (error) {
      if (isUnavailable(error)) throw error;
      this.#last = Promise.resolve();
      const { usage } = write.record;
      return { ...emptyWrite(), record: { events: [], ...(usage && { usage }) } };
    }
  }

  /** What was recorded, as the first act of the transaction that it leads to. */
  #before(write: AttemptWrite): Pick<Plan, "first"> {
    return isEmpty(write) ? {} : { first: this.#recorded(write) };
  }

  #recorded(write: AttemptWrite): Act {
    const { attempt } = this.#task;
    return { command: { do: "record", attempt, record: write.record }, along: alongOf(write) };
  }

  /** What an attempt paid for counts, also when it has lost its task, or when this or what comes before it is refused for good. */
  async #orBill(usage: UsageCall[], written: Promise<unknown>): Promise<unknown> {
    try {
      return await written;
    } catch (error) {
      if (!isUnavailable(error)) await this.bill(usage);
      throw error;
    }
  }
}

/** About how many bytes it takes in memory. */
function bytesOf(write: unknown): number {
  return JSON.stringify(write).length;
}

function alongOf({ journal, artifacts, taken }: AttemptWrite): Along {
  return {
    ...(journal.length > 0 && { journal }),
    ...(artifacts.length > 0 && { artifacts }),
    ...(taken.length > 0 && { taken }),
  };
}

/** Each patch of details has its bound, and so has what they add up to. */
function mustHold(task: Task, details: JsonObject | undefined): void {
  if (!details) return;
  const all = { ...task.details, ...details };
  const bytes = Buffer.byteLength(JSON.stringify(all));
  if (bytes > RECORD_BYTES_MAX) throw new BadValue(`All details together are larger than ${RECORD_BYTES_MAX} bytes.`);
  const [before, keys] = [Object.keys(task.details).length, Object.keys(all).length];
  // One of before may have more, and may change those.
  if (keys > Math.max(before, OBJECT_KEYS_MAX))
    throw new BadValue(`All details together have more than ${OBJECT_KEYS_MAX} keys.`);
}

/** A notice is for people, and so is the schema behind a question. */
function heard({ role, parts, n, task, at, purpose }: Message): HeardMessage[] {
  if (purpose === "notice") return [];
  return [{ role, parts: purpose === "question" ? parts.slice(0, 1) : parts, n, task, at }];
}

/** When the whole task is tried again; null when it was tried as often as it may be. */
function againAt({ clock, random }: AttemptParts, task: Task, retryAfterMs: number | undefined): number | null {
  const { attempts, backoffMs: base, backoffMaxMs } = task.retry;
  const failures = task.failures + 1;
  return failures < attempts ? clock.now() + backoffMs(failures, base, backoffMaxMs, random(), retryAfterMs) : null;
}
