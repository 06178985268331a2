/** Reads of tasks: each first checks that its principal may see the task. */
import type { Readable } from "node:stream";
import type { Clock } from "../../engine/clock.ts";
import type { Engine } from "../../engine/engine.ts";
import type { LogEnd } from "../../engine/event-feed.ts";
import type { Ids } from "../../engine/ids.ts";
import type { JournalEntry, Store } from "../../store/store.ts";
import { openProven } from "../../store/whole-file.ts";
import type { InboxItem } from "../../store/write.ts";
import { artifactsOf } from "../../task/artifact.ts";
import { notFound, Refusal } from "../../task/errors.ts";
import type { TaskEvent } from "../../task/events/event.ts";
import type { LogReader } from "../../task/events/log-reader.ts";
import { isTaskId, type TaskId } from "../../task/id.ts";
import { isJsonObject, type Json } from "../../task/json/json.ts";
import { mustHave, type Principal } from "../../task/principal.ts";
import { isSettled, isTerminal } from "../../task/states.ts";
import type { Step } from "../../task/step.ts";
import type { Failure, Task, UsageTotals } from "../../task/task.ts";
import {
  type LatestFilter,
  type LatestPlace,
  type ListPage,
  PAGE_LIMIT_MAX,
  type Page,
  type TaskFilter,
  type TaskList,
} from "../../task/task-filter.ts";
import { sumOf } from "../../task/usage.ts";
import { mayRead, mayReadTask, tasksVisibleTo, visibleTo } from "../../task/visibility.ts";
import type { Turn } from "../tasks.ts";
import type { Why } from "../why.ts";
import type { AllowedModels } from "./allowed-models.ts";
import { type Below, explain, HOLDERS_SHOWN } from "./explain.ts";
import type { HeldBoundsOf } from "./share-of.ts";
import type { TraceBegins } from "./submit-task.ts";
import type { Receivers } from "./subscription-verbs.ts";

/** Items of a page of steps, artifacts or paid calls. */
const ITEMS_MAX = 1_000;
/** Events from the end of a log: few follow the failure after which a task waits. */
const EVENTS_LOOKED_AT = 32;
/** Children whose waits are followed for an answer to "why", and how deep. */
const CHILDREN_FOLLOWED_MAX = 5;
const DEPTH_FOLLOWED_MAX = 32;
const TURNS: ReadonlySet<TaskEvent["type"]> = new Set(["task.input_required", "task.input_received"]);
/** Beyond this many last turns, all are read: one may have 4 MB, and whatever is read whole has a bound. */
const LAST_TURNS_MAX = 8;
const NONE_TOLD: readonly InboxItem[] = [];

export type TaskVerbsParts = {
  engine: Engine;
  store: Store;
  clock: Clock;
  ids: Ids;
  receivers?: Receivers;
  trace?: TraceBegins;
  /** Absent: callers may use the models that their keys name. */
  allowedModels?: AllowedModels;
  /** Absent: callers' shares are not bounded. */
  heldBounds?: HeldBoundsOf;
};

export class TaskReading {
  protected readonly parts: TaskVerbsParts;

  constructor(parts: TaskVerbsParts) {
    this.parts = parts;
  }

  async get(principal: Principal, id: string): Promise<Task> {
    mustHave(principal, "tasks");
    const { transitions } = this.parts.engine;
    const task = transitions.known(id) ?? (await transitions.find(id));
    if (!task || !mayReadTask(principal, task)) throw notFound("Task");
    return task;
  }

  async numbered(principal: Principal, number: number): Promise<Task> {
    mustHave(principal, "tasks");
    const id = Number.isSafeInteger(number) ? await this.parts.store.taskNumbered(number) : null;
    if (id === null) throw notFound("Task");
    return this.get(principal, id);
  }

  /** A task that the principal may also steer. Throws `forbidden` for one that it only takes part in. */
  protected async steerable(principal: Principal, id: string): Promise<Task> {
    const task = await this.get(principal, id);
    if (mayRead(principal, task)) return task;
    throw new Refusal("forbidden", "Only whoever submitted this task may do that.");
  }

  async list(principal: Principal, filter: TaskFilter, page: Page): Promise<TaskList> {
    mustHave(principal, "tasks");
    const limit = Math.min(page.limit, PAGE_LIMIT_MAX);
    return this.parts.store.list(tasksVisibleTo(principal), filter, { ...page, limit });
  }

  async latest(principal: Principal, filter: LatestFilter, page: { limit: number; after: LatestPlace | null }) {
    mustHave(principal, "tasks");
    const limit = Math.min(page.limit, PAGE_LIMIT_MAX);
    return this.parts.store.latest(tasksVisibleTo(principal), filter, { ...page, limit });
  }

  async named(principal: Principal, lens: string, idOrName: string): Promise<Task> {
    return this.get(principal, await this.#idOf(principal, lens, idOrName));
  }

  async names(lens: string, tasks: readonly TaskId[]): Promise<string[]> {
    const names = await this.parts.store.taskAliases(tasks, lens);
    return tasks.map((id, at) => names[at] ?? id);
  }

  async page(
    principal: Principal,
    lens: string,
    filter: Pick<TaskFilter, "states" | "kinds">,
    { limit, order, after, before }: ListPage,
  ): Promise<{ tasks: Task[]; names: string[]; more: boolean }> {
    mustHave(principal, "tasks");
    const found = await this.parts.store.walk(tasksVisibleTo(principal), filter, {
      limit: Math.min(limit, PAGE_LIMIT_MAX),
      order,
      ...(after !== undefined && { after: await this.#idOf(principal, lens, after) }),
      ...(before !== undefined && { before: await this.#idOf(principal, lens, before) }),
    });
    const ids = found.tasks.map(({ id }) => id);
    return { ...found, names: await this.names(lens, ids) };
  }

  async #idOf(principal: Principal, lens: string, name: string): Promise<TaskId> {
    if (isTaskId(name)) return name;
    const { tenant, user } = principal;
    return (
      (await this.parts.store.taskByAlias(visibleTo(principal), { tenant, owner: user, lens, value: name })) ?? name
    );
  }

  async events(principal: Principal, id: string, after: number, limit: number): Promise<TaskEvent[]> {
    await this.get(principal, id);
    return this.parts.store.events(id, after, limit);
  }

  follow(principal: Principal, id: string, after: number, signal: AbortSignal): AsyncIterable<readonly TaskEvent[]> {
    return this.parts.engine.feed.follow(id, after, () => this.#logEnd(principal, id), signal);
  }

  reader(principal: Principal, id: string, after: number, news: () => void): LogReader {
    return this.parts.engine.feed.read(id, after, () => this.#logEnd(principal, id), news);
  }

  async #logEnd(principal: Principal, id: string): Promise<LogEnd> {
    const { state, lastSeq } = await this.get(principal, id);
    return { ended: isTerminal(state), lastSeq };
  }

  async settled(principal: Principal, id: string, ms: number, signal?: AbortSignal): Promise<Task> {
    const { clock, engine } = this.parts;
    const watch = engine.feed.watch(id);
    let isOver = ms <= 0 || signal?.aborted === true;
    const stop = () => {
      isOver = true;
      watch.wake();
    };
    const forget = clock.after(ms, stop);
    signal?.addEventListener("abort", stop, { once: true });
    try {
      for (;;) {
        const task = await this.get(principal, id);
        if (isSettled(task.state) || isOver) return task;
        await watch.changed();
      }
    } finally {
      forget();
      signal?.removeEventListener("abort", stop);
      watch.end();
    }
  }

  async steps(principal: Principal, id: string, cursor?: string): Promise<{ steps: Step[]; next: string | null }> {
    const { state } = await this.get(principal, id);
    const { entries, next } = await this.parts.store.journalPage(id, cursor ?? null, ITEMS_MAX);
    return { steps: entries.map((entry) => stepOf(entry, isTerminal(state))), next };
  }

  async artifacts(principal: Principal, id: string, cursor?: string) {
    const { lastSeq, retryOf } = await this.get(principal, id);
    // A retry may have artifacts of the task before it, which its own log does not contain.
    const log = cursor === undefined && retryOf === null ? this.parts.engine.feed.whole(id, lastSeq) : undefined;
    if (log === undefined) return this.parts.store.artifacts(id, cursor ?? null, ITEMS_MAX);
    const updates = log.flatMap((event) =>
      !event.custom && event.type === "artifact.updated" ? [event.data.artifact] : [],
    );
    return { artifacts: artifactsOf(updates), next: null };
  }

  async treeUsage(principal: Principal, id: string): Promise<UsageTotals> {
    const task = await this.get(principal, id);
    return task.children === 0 ? task.usage : sumOf(task.usage, await this.parts.store.spentBelow(id));
  }

  async usage(principal: Principal, id: string, cursor?: string) {
    await this.get(principal, id);
    return this.parts.store.usage(id, cursor ?? null, ITEMS_MAX);
  }

  async turns(principal: Principal, id: string, last = Number.POSITIVE_INFINITY): Promise<Turn[]> {
    const { lastSeq } = await this.get(principal, id);
    const { store, engine } = this.parts;
    const log = engine.feed.whole(id, lastSeq);
    if (last <= LAST_TURNS_MAX) return await this.#lastTurns(id, last, log);
    const isTold = log === undefined || log.some(({ type }) => type === "task.input_received");
    const [events, inputs] = await Promise.all([log ?? store.turns(id), isTold ? store.told(id) : NONE_TOLD]);
    const told = new Map(inputs.map((item) => [item.messageId, item]));
    const turns = events.flatMap((event) => turnOf(event, told.get(messageIdIn(event) ?? "")) ?? []);
    return turns.slice(Math.max(0, turns.length - last));
  }

  /** From the end of its log, each input read alone: all inputs of a task may be megabytes. */
  async #lastTurns(id: TaskId, count: number, log: readonly TaskEvent[] | undefined): Promise<Turn[]> {
    const { store } = this.parts;
    const newest: Turn[] = [];
    for (let before = Number.MAX_SAFE_INTEGER; newest.length < count; ) {
      const limit = count - newest.length;
      const events = log ? turnsIn(log, before, limit) : await store.turnsBefore(id, before, limit);
      const turns = events.map(async (event) => {
        const messageId = messageIdIn(event);
        return turnOf(event, messageId === undefined ? null : await store.received(id, messageId));
      });
      for (const turn of await Promise.all(turns)) if (turn !== null) newest.push(turn);
      const oldest = events.at(-1);
      if (oldest === undefined) break;
      before = oldest.seq;
    }
    return newest.reverse();
  }

  async lastTold(principal: Principal, id: string): Promise<{ messageId: string; told: Json } | null> {
    await this.get(principal, id);
    const item = await this.parts.store.lastTold(id);
    return item && { messageId: item.messageId, told: item.value };
  }

  async file(principal: Principal, id: string, sha256: string): Promise<{ size: number; bytes: Readable }> {
    await this.get(principal, id);
    if (!(await this.parts.store.namesFile(id, sha256))) throw notFound("File");
    return openProven(this.parts.store.files, sha256, `file ${sha256} of task ${id}`);
  }

  async why(principal: Principal, id: string): Promise<Why> {
    const task = await this.get(principal, id);
    return this.#explained(principal, task, await this.#below(principal, task));
  }

  async #explained(principal: Principal, task: Task, below?: ReadonlyMap<string, Below>): Promise<Why> {
    const [heldBy, lastError] = await Promise.all([this.#visibleHolders(principal, task.id), this.#lastError(task)]);
    const { engine, clock } = this.parts;
    return explain(task, { scheduling: engine.scheduling, now: clock.now() }, heldBy, lastError, below);
  }

  /** The error of a task's last attempt is in its log only. */
  async #lastError(task: Task): Promise<Failure | null> {
    if ("error" in task) return task.error;
    const { store } = this.parts;
    if (!task.waits.some(({ on, key }) => on === "retry" && key === "")) return store.lastError(task.id);
    const recent = await store.events(task.id, Math.max(0, task.lastSeq - EVENTS_LOOKED_AT), EVENTS_LOOKED_AT);
    const failures = recent.flatMap((event) =>
      !event.custom && event.type === "task.retrying" ? [event.data.error] : [],
    );
    return failures.at(-1) ?? store.lastError(task.id);
  }

  /** The reasons why some of its children have not ended. */
  async #below(principal: Principal, task: Task): Promise<ReadonlyMap<string, Below>> {
    const children = childrenWaitedFor(task).slice(0, CHILDREN_FOLLOWED_MAX);
    const found = await Promise.all(
      children.map(async (child) => [child, await this.#last(principal, child)] as const),
    );
    return new Map(found.flatMap(([child, below]) => (below === null ? [] : [[child, below]])));
  }

  /** From a child down the chain of waits, as far as the principal may see. */
  async #last(principal: Principal, child: TaskId): Promise<Below | null> {
    let last: Task | null = null;
    let next: TaskId | undefined = child;
    for (let depth = 0; next !== undefined && depth < DEPTH_FOLLOWED_MAX; depth += 1) {
      const task: Task | null = await this.parts.engine.transitions.find(next);
      if (!task || isTerminal(task.state) || !mayReadTask(principal, task)) break;
      last = task;
      [next] = childrenWaitedFor(task);
    }
    return last === null ? null : { last: last.id, summary: (await this.#explained(principal, last)).summary };
  }

  /** Tasks of others may hold the slots too: they are not named. */
  async #visibleHolders(principal: Principal, id: TaskId): Promise<TaskId[]> {
    const { scheduling, transitions } = this.parts.engine;
    const visible: TaskId[] = [];
    for (const holder of scheduling.heldBy(id)) {
      if (visible.length === HOLDERS_SHOWN) break;
      const task = await transitions.find(holder);
      if (task && mayReadTask(principal, task)) visible.push(holder);
    }
    return visible;
  }
}

/** The message id of an input; undefined for an event that is none. */
function messageIdIn(event: TaskEvent): string | undefined {
  return !event.custom && event.type === "task.input_received" ? event.data.messageId : undefined;
}

/** As the store's `turnsBefore`. */
function turnsIn(log: readonly TaskEvent[], before: number, limit: number): TaskEvent[] {
  const turns = log.filter((event) => event.seq < before && !event.custom && TURNS.has(event.type));
  return turns.slice(-limit).reverse();
}

/** `told` is the input that came with it. Null for an event that is no turn, or of which nothing is left. */
function turnOf(event: TaskEvent, told: InboxItem | null | undefined): Turn | null {
  if (event.custom) return null;
  const { seq, at } = event;
  if (event.type === "task.input_required") return { seq, at, asked: event.data.prompt };
  return told ? { seq, at, by: told.by, messageId: told.messageId, told: told.value } : null;
}

/** Open children that keep it waiting. A paused task waits only for a resume. */
function childrenWaitedFor(task: Task): TaskId[] {
  return task.state === "waiting" ? task.waits.flatMap((wait) => (wait.on === "child" ? [wait.child] : [])) : [];
}

/**
 * A call of the journal for callers: the step that a failed task would try again in a retry is shown as given up, later ones as they
 * were.
 */
function stepOf({ occurrence: _, usage: __, ...step }: JournalEntry, hasEnded: boolean): Step {
  const gaveUpAt = isJsonObject(step.result) ? step.result["gaveUpAt"] : undefined;
  if (step.tries > 0) return step;
  if (step.state !== "retrying") return { ...step, tries: step.trace?.tries?.length ?? 1 };
  const tries = typeof gaveUpAt === "number" ? gaveUpAt : 1;
  return { ...step, tries, ...(hasEnded && { state: "failed" }) };
}
