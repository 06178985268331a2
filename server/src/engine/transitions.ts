/**
 * Transitions: the one way to change a task. Read it, let `decide` decide, make it durable, then tell. A guard that
 * fails in the store reads again and decides again, at most `TRIES` times. What another process has changed comes in by
 * the store's feed of changes, and is told in the same way.
 */

import { isDeepStrictEqual } from "node:util";
import { refusalOf } from "../store/document-write.ts";
import { refusalOfShare } from "../store/share-guard.ts";
import type { Applied, Store, TaskChange, Write } from "../store/store.ts";
import { refusalOfTurn } from "../store/turn.ts";
import { type Change, type Command, decide, joined } from "../task/decide.ts";
import { notFound, Refusal } from "../task/errors.ts";
import type { TaskId } from "../task/id.ts";
import { openQuestions } from "../task/people/questions.ts";
import { isTerminal } from "../task/states.ts";
import type { Task } from "../task/task.ts";
import { turnsOf } from "../task/turns.ts";
import type { UsageCall } from "../task/usage.ts";
import type { Clock } from "./clock.ts";
import type { EventFeed } from "./event-feed.ts";
import { FirstCommit } from "./first-commit.ts";
import { KeyedMutex } from "./mutex.ts";
import type { TaskCache } from "./task-cache.ts";

const TRIES = 3;
const NONE_COUNTED: ReadonlySet<string> = new Set();
/** Paid calls that are read at once. */
const CALLS_PAGE = 1_000;
/** A task that another process has changed, and that the store could not read, is read again after this time. */
const AGAIN_MS = 1_000;

/** What commits together with the change of a task. */
export type Along = Omit<Partial<Write>, keyof Change>;

/** The part of the engine that acts on changes. Both are called in the order of a task's commits. */
export interface TransitionObserver {
  /** This process has committed the change. */
  changed(change: Write): void;
  /** Another process has changed the task, to this. */
  changedElsewhere(task: Task): void;
}

/**
 * Runs a task while its submit is made durable. Undefined for a task that begins later; else it resolves once the run's code rests for the
 * first time. What the run does outside of the process waits for `onDisk`.
 */
export type EarlyBeginning = (first: Pick<FirstCommit, "task" | "onDisk">) => Promise<void> | undefined;

/** Ends the open descendants of tasks that have ended. */
export interface OrphanEnds {
  /** The command that ends the open children of this parent; undefined when it has not ended, or has none. */
  endOf(parent: TaskId): Command | undefined;
  /** Resolves once no descendant of this ended task is open, or as soon as that needs a store that refuses or the next start. */
  all(id: TaskId): Promise<void>;
}

/** A command, and what else commits with it. */
export type Act = { command: Command; along?: Along };

/** One transaction: acts on one task in their order, of which each kind of `along` stands in one alone, and writes of other tasks. */
export type Plan = Act & { first?: Act; others?: Write[] };

/** A command, or what to do with the task as it is when it is read. */
type Planned = Command | ((task: Task) => Plan | Promise<Plan>);

/** The task after a change. */
type Changed = { task: Task; replayed: boolean; hash: string | null };

/** The last writes of a change, whose answer may have been lost. */
type Tried = { writes: Write[] };

export class Transitions {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #cache: TaskCache;
  readonly #feed: EventFeed;
  readonly #locks = new KeyedMutex();
  /** This process's own writes under way, task and revision: the store's feed tells nothing new of them. */
  readonly #applying = new Map<TaskId, number>();
  readonly #stopHearing: () => void;
  #observer: TransitionObserver = { changed: () => {}, changedElsewhere: () => {} };
  #stopped = false;
  #follows: (change: Change) => Write[] = () => [];
  #leaptMs: (id: TaskId) => number = () => 0;
  #beginsEarly: EarlyBeginning = () => undefined;
  /**
   * First commits that have not gone to the store yet. Each is a field of an object, as V8 keeps the former table of a map that has
   * grown.
   */
  readonly #first = new Map<TaskId, { commit: FirstCommit | null }>();
  #orphanEnds: OrphanEnds = { endOf: () => undefined, all: async () => {} };
  /** Ends of parents that are being written: changes of their children wait until it is known whether these took effect. */
  readonly #endings = new Map<TaskId, Promise<unknown>>();

  constructor(store: Store, clock: Clock, cache: TaskCache, feed: EventFeed) {
    this.#store = store;
    this.#clock = clock;
    this.#cache = cache;
    this.#feed = feed;
    this.#stopHearing = store.changes((change) => this.#heard(change));
  }

  observe(observer: TransitionObserver): void {
    this.#observer = observer;
  }

  /** `follows` names the new tasks that commit together with a change. */
  onDecide(follows: (change: Change) => Write[]): void {
    this.#follows = follows;
  }

  /** `leaptMs` says by how much the time of day was set forward while a task has run. */
  onLeap(leaptMs: (id: TaskId) => number): void {
    this.#leaptMs = leaptMs;
  }

  onSubmit(beginsEarly: EarlyBeginning): void {
    this.#beginsEarly = beginsEarly;
  }

  endOrphans(ends: OrphanEnds): void {
    this.#orphanEnds = ends;
  }

  /** Stops listening to the store's feed. */
  stop(): void {
    this.#stopped = true;
    this.#stopHearing();
  }

  /** The task as it is on disk, if it is in memory. */
  known(id: TaskId): Task | undefined {
    return this.#cache.get(id);
  }

  /** The task as it is on disk; null when unknown or deleted. */
  find(id: TaskId): Promise<Task | null> {
    return this.#cache.find(id, () => this.#store.task(id));
  }

  /**
   * A new task, which may run meanwhile. When its idempotency key is known, the reply says which task has it. Refuses
   * `conflict` and `rate_limited` where its turn's guard or its share's does not hold, as `refusalOfTurn` and `refusalOfShare` say.
   */
  async submit(write: Write): Promise<{ task: Task } | { replayed: TaskId; hash: string }> {
    const first = new FirstCommit(write);
    const atRest = this.#beginsEarly(first);
    if (atRest) {
      const place: { commit: FirstCommit | null } = { commit: first };
      this.#first.set(write.task.id, place);
      await atRest;
      this.#first.delete(write.task.id);
      place.commit = null;
    }
    let applied: Applied | undefined;
    try {
      applied = await (atRest ? this.#commitFirst(first) : this.#commit(first.writes));
    } finally {
      first.settle(applied?.ok ?? false);
    }
    if (applied.ok) return { task: first.task };
    if (applied.why === "replayed") return { replayed: applied.task, hash: applied.hash };
    if (applied.why === "taken" || applied.why === "gone") throw refusalOf(applied);
    if (applied.why === "occupied" || applied.why === "full") throw refusalOfTurn(applied);
    if (applied.why === "share") throw refusalOfShare(applied, this.#clock.now());
    throw new Refusal("conflict", "Another submit took the same identity at the same moment. Send it again.");
  }

  /**
   * Adds to the submit of a task what its run does before that has gone to the store, so that both are one commit. Undefined
   * once it has gone. Rejects with `not_found` when the store refuses the submit.
   */
  withSubmit(id: TaskId, plan: (task: Task) => Plan): Promise<void> | undefined {
    return this.#first.get(id)?.commit?.add((task) => this.#writes(task, plan(task), NONE_COUNTED));
  }

  /** Whether its submit has not gone to the store yet. */
  isBeginning(id: TaskId): boolean {
    return this.#first.has(id);
  }

  async #commitFirst(first: FirstCommit): Promise<Applied> {
    try {
      return await this.#commit(first.writes);
    } catch (error) {
      // It may be the run's part that cannot be written: the submit is then tried without it.
      if (error instanceof Refusal || !first.leave(error)) throw error;
      return await this.#commit(first.writes);
    }
  }

  /**
   * Changes a task by what `plan` makes of it as it is. A plan that is a refusal is thrown, and so is what `decide`
   * refuses. `replayed` means that the idempotency key or the message was taken before: nothing changed. A paid call
   * that is already counted is left out of the change, and the rest of it takes effect.
   */
  change(id: TaskId, plan: Planned): Promise<Changed> {
    return this.#change(id, plan, { writes: [] });
  }

  /** The same for whoever calls it until the store takes it: what it seemed to refuse may have taken effect, and is not done again. */
  repeatable(id: TaskId, plan: Planned): () => Promise<Changed> {
    const tried: Tried = { writes: [] };
    return () => this.#change(id, plan, tried);
  }

  #change(id: TaskId, plan: Planned, tried: Tried): Promise<Changed> {
    return this.#locks.run(id, async () => {
      let counted = NONE_COUNTED;
      for (let tries = 1; tries <= TRIES; tries++) {
        const task = this.known(id) ?? (await this.find(id));
        if (!task) throw notFound("Task");
        if (tried.writes.length > 0 && (await this.#tookEffect(task, tried)))
          return { task, replayed: false, hash: null };
        // The end of its parent comes first, even if it was begun later.
        if (task.parent !== null) await this.#endings.get(task.parent);
        const planned = typeof plan === "function" ? plan(task) : { command: plan };
        const given = planned instanceof Promise ? await planned : planned;
        const end = this.#endOfOrphan(task, given.command);
        const [write, ...others] = this.#writes(task, end ? { command: end } : given, counted);
        tried.writes = [write, ...others];
        const applied = await this.#commit(tried.writes);
        if (applied.ok && end && end !== given.command) throw endedWithParent(write.task, given.command);
        if (applied.ok) return { task: write.task, replayed: false, hash: null };
        if (applied.why === "duplicate" && write.usage) {
          counted = await this.#countedKeys(id);
          continue;
        }
        if (applied.why === "share") throw refusalOfShare(applied, this.#clock.now());
        if (applied.why === "occupied") {
          await this.#standBehind(applied.before);
          continue;
        }
        if (applied.why !== "stale")
          return { task, replayed: true, hash: applied.why === "replayed" ? applied.hash : null };
        this.#overtaken(applied.task);
      }
      throw lostRace();
    });
  }

  /** Another process has submitted this task before one that was to begin here. Refuses while it is open: its end will be heard of. */
  async #standBehind(id: TaskId): Promise<void> {
    this.#cache.drop(id);
    const before = await this.find(id);
    if (!before || isTerminal(before.state)) return;
    this.#observer.changedElsewhere(before);
    throw new Refusal("not_allowed_in_state", `The task ${id} of its conversation comes first.`, { task: id });
  }

  /** The keys of its paid calls. */
  async #countedKeys(id: TaskId): Promise<Set<string>> {
    const keys = new Set<string>();
    for (let cursor: string | null = null; ; ) {
      const page: Awaited<ReturnType<Store["usage"]>> = await this.#store.usage(id, cursor, CALLS_PAGE);
      for (const { key } of page.calls) keys.add(key);
      if (page.next === null) return keys;
      cursor = page.next;
    }
  }

  /** Whether what was tried of this task is on disk after all: then it is told like everything else. */
  async #tookEffect(task: Task, { writes }: Tried): Promise<boolean> {
    const [write] = writes;
    if (!write || task.revision < write.task.revision) return false;
    const [first] = write.events;
    const [logged] = first ? await this.#store.events(task.id, first.seq - 1, 1) : [];
    const isThere = first ? isDeepStrictEqual(logged, first) : isDeepStrictEqual(task, write.task);
    if (isThere && task.revision === write.task.revision) for (const each of writes) this.#settle(each);
    return isThere;
  }

  /** Has a parent ask what its child asks people. Refuses `not_allowed_in_state` when it does so already. */
  relay(parent: TaskId, child: TaskId): Promise<Changed> {
    return this.change(parent, async () => {
      const task = await this.find(child);
      const questions = task === null ? [] : openQuestions(task);
      return { command: { do: "relay", child, questions } };
    });
  }

  /** The writes of a plan for a task that changes in the transaction of another one, and the task as it will be. */
  planned(task: Task, plan: Plan): { task: Task; writes: Write[] } {
    const writes = this.#writes(task, plan, NONE_COUNTED);
    return { task: writes[0].task, writes };
  }

  /** Cancels a task. Resolves once none of its descendants is open any more. */
  async cancel(id: TaskId, command: Command & { do: "cancel" }, along: Along): Promise<Changed> {
    const changed = await this.change(id, () => ({ command, along }));
    await this.#orphanEnds.all(id);
    return changed;
  }

  /** All writes of a plan, the task's own first. */
  #writes(task: Task, { first, command, along, others = [] }: Plan, counted: ReadonlySet<string>): [Write, ...Write[]] {
    const before = first && this.#write(task, first, counted);
    const write = withTurns(this.#after(before, task, { command, ...(along && { along }) }, counted));
    return [write, ...others, ...this.#follows(write)];
  }

  /** The write of an act, joined to the one before it. Nothing follows an act that has ended the task. */
  #after(before: Write | undefined, task: Task, act: Act, counted: ReadonlySet<string>): Write {
    if (before && isTerminal(before.task.state)) return before;
    const last = this.#write(before?.task ?? task, act, counted);
    return before ? { ...before, ...last, ...joined(before, last) } : last;
  }

  #write(task: Task, act: Act, counted: ReadonlySet<string>): Write {
    const command = withoutCounted(act.command, counted);
    return { ...this.#decide(task, command), ...act.along, ...usageOf(command), ...turnOf(task, command) };
  }

  #decide(task: Task, command: Command): Change {
    const leaptMs = task.limitAt === null ? 0 : this.#leaptMs(task.id);
    const decided = decide(task, leaptMs > 0 ? { ...command, leaptMs } : command, this.#clock.now());
    if (decided instanceof Refusal) throw decided;
    return decided;
  }

  /** The end that an open task takes over from its parent, in the place of the command; paid calls still count. */
  #endOfOrphan({ parent, state }: Task, command: Command): Command | undefined {
    if (parent === null || isTerminal(state) || command.do === "bill") return undefined;
    return this.#orphanEnds.endOf(parent);
  }

  /** Makes durable, then tells. */
  async #commit(writes: Write[]): Promise<Applied> {
    const over = this.#ending(writes);
    for (const { task } of writes) this.#applying.set(task.id, task.revision);
    try {
      const applied = await this.#store.apply(writes);
      this.#applied(writes);
      if (applied.ok) for (const each of writes) this.#settle(each);
      return applied;
    } catch (error) {
      this.#applied(writes);
      // It may have taken effect: perhaps only the answer was lost.
      for (const { task } of writes) this.#overtaken(task.id);
      throw error;
    } finally {
      over?.();
    }
  }

  #applied(writes: readonly Write[]): void {
    for (const { task } of writes) this.#applying.delete(task.id);
  }

  /** Notes the ends that are about to be written; returns what to call when they are, if there are any. */
  #ending(writes: Write[]): (() => void) | undefined {
    if (!writes.some(isEnd)) return undefined;
    const ends = writes.filter(isEnd);
    const { promise, resolve } = Promise.withResolvers<void>();
    for (const { task } of ends) this.#endings.set(task.id, promise);
    return () => {
      for (const { task } of ends) this.#endings.delete(task.id);
      resolve();
    };
  }

  #heard({ task, revision, lastSeq }: TaskChange): void {
    if (this.#applying.get(task) === revision) return;
    this.#cache.invalidate(task, revision);
    this.#feed.notice(task, lastSeq);
    this.#readAgain(task, revision);
  }

  /** A failed write: a notice of the store that was taken for this process's own may have been another's. */
  #overtaken(id: TaskId): void {
    this.#cache.drop(id);
    this.#feed.notice(id, 0);
    this.#readAgain(id, 0);
  }

  /** Reads the task behind this process's changes under way, so that the observer hears everything in order. */
  #readAgain(id: TaskId, revision: number): void {
    if (this.#stopped) return;
    const read = this.#tell(id, revision);
    // Without another try the task would stand still. One that is damaged stands still in any case.
    read.catch((error: unknown) => {
      if (error instanceof Refusal) this.#clock.after(AGAIN_MS, () => this.#readAgain(id, revision));
    });
  }

  /** Tells the observer of the task as it is, between the changes of it that this process makes. */
  tell(id: TaskId): Promise<void> {
    return this.#tell(id, 0);
  }

  #tell(id: TaskId, revision: number): Promise<void> {
    return this.#locks.run(id, async () => {
      this.#cache.invalidate(id, revision);
      const task = await this.find(id);
      if (task) this.#observer.changedElsewhere(task);
    });
  }

  /** The answer to live text may come after that to a later write of the task: an older change leaves the cache as it is. */
  #settle(change: Write): void {
    const { task, events } = change;
    const known = this.known(task.id);
    const isOvertaken = known !== undefined && known.revision > task.revision;
    if (task.deletedAt !== null) this.#cache.drop(task.id);
    else if (!isOvertaken) this.#cache.put(task);
    this.#feed.publish(task.id, events);
    this.#observer.changed(isOvertaken ? { ...change, before: known, task: known } : change);
  }
}

/** Whether the write ends a task that may have children: these have to follow it. */
function isEnd({ before, task }: Write): boolean {
  return task.children > 0 && before !== null && isTerminal(task.state);
}

/** A task that waits for its turn in a conversation begins only as the first. */
function turnOf({ waits }: Task, { do: what }: Command): Along {
  const begins = (what === "start" || what === "ask") && waits.some(({ on }) => on === "conversation");
  return begins ? { turn: "first" } : {};
}

/** Adds what the change says in the task's conversation. */
function withTurns(write: Write): Write {
  const turns = write.task.conversation === null ? [] : turnsOf(write, write.inbox?.value);
  return turns.length === 0 ? write : { ...write, messages: [...turns, ...(write.messages ?? [])] };
}

/** The command with each paid call once, without those of `counted`. */
function withoutCounted(command: Command, counted: ReadonlySet<string>): Command {
  const fresh = (calls: readonly UsageCall[]) =>
    calls.filter((call, at) => !counted.has(call.key) && calls.findIndex(({ key }) => key === call.key) === at);
  if (command.do === "bill") return { ...command, calls: fresh(command.calls) };
  if (command.do === "record" && command.record.usage)
    return { ...command, record: { ...command.record, usage: fresh(command.record.usage) } };
  return command;
}

function usageOf(command: Command): Along {
  const usage = command.do === "bill" ? command.calls : command.do === "record" ? command.record.usage : undefined;
  return usage && usage.length > 0 ? { usage } : {};
}

function endedWithParent({ state }: Task, command: Command): Refusal {
  const code = "attempt" in command ? "fenced" : "not_allowed_in_state";
  return new Refusal(code, "The task has ended with its parent in this moment.", { state });
}

function lostRace(): Refusal {
  return new Refusal("conflict", `The task changed ${TRIES} times while this was being decided. Try again.`, {
    retryAfterS: 1,
  });
}
