/**
 * Code that crashes its process must not do so for ever, and a kill from outside must not fail the innocent.
 *
 * Who is in flight is on the crash record, around every attempt and every body of a step. A start judges by it: who was
 * in flight at two deaths without having come further in between is a suspect. Suspects run in processes of their own
 * (`isolation.ts`), where a crash costs the server nothing, or, where there can be none, in trials (`trials.ts`). All
 * others go on at once, and wait for none of this. Verdicts are written before anything runs again.
 */
import { Refusal } from "../../../task/errors.ts";
import type { TaskId } from "../../../task/id.ts";
import type { Task } from "../../../task/task.ts";
import type { Clock } from "../../clock.ts";
import type { RemoteRun } from "../../execution/remote-runs.ts";
import type { RunParts } from "../../execution/run.ts";
import type { Transitions } from "../../transitions.ts";
import type { OpenTasks } from "../open-tasks.ts";
import type { Scheduler } from "../scheduler.ts";
import { type EngineLog, isPassing } from "../settings.ts";
import { type CrashRecord, type LastEnd, mayBlame } from "./crash-record.ts";
import { aloneOf, isAccused, isSuspect, judge, trialsOf, type Verdict } from "./crash-verdict.ts";
import { Isolation } from "./isolation.ts";
import type { LaunchRunProcess } from "./run-process.ts";
import { Trials } from "./trials.ts";

/** How long a group is on trial in the server itself: a crash is looked for patiently. */
const TRIAL_MS = 1_000;
const TRIAL_FACTOR = 4;
const TRIAL_MS_MAX = 600_000;
const TASKS_LOGGED_MAX = 20;
/** What lies on disk, and cannot be read now. */
const UNREAD = undefined;

type Parts = {
  clock: Clock;
  transitions: Transitions;
  open: OpenTasks;
  scheduler: Scheduler;
  record: CrashRecord;
  log: EngineLog;
  /** Whose code can run in no other process. */
  inServer: (task: Task) => boolean;
  /** Null where suspects can have no process of their own. */
  launch: LaunchRunProcess | null;
};

export class CrashGuard {
  readonly #parts: Parts;
  readonly #trials: Trials;
  #isolation: Isolation | null;
  #suspects: Task[] = [];
  #mayBeginEarly = true;
  /** Who runs in the server all the same, and whose next death there would prove it guilty if it had no company. */
  #accused: TaskId | null = null;

  constructor(parts: Parts) {
    const { clock, transitions, open, scheduler, launch, log } = parts;
    this.#parts = parts;
    this.#trials = new Trials({ clock, open, scheduler });
    this.#isolation = launch && new Isolation({ launch, transitions, clock, log });
  }

  /**
   * Judges the tasks that the process before this one has left running, or paused before they came to rest, and writes
   * the verdicts; a task of which nothing can be written is `unwritten`. Returns those that go on at once; `giveTurns`
   * sees to the rest.
   */
  async judge(tasks: readonly Task[], unwritten: (task: TaskId, error: unknown) => null): Promise<Task[]> {
    const { record, log } = this.#parts;
    const end = record.last();
    const verdicts = judge(tasks, end);
    const judged = await Promise.all(
      tasks.map((task) =>
        this.#write(task, verdicts.get(task.id)).catch((error: unknown) =>
          // A disk that is full does not keep the server from its start: nothing runs until there is room.
          isPassing(error) ? task : hasMovedOn(error) ? null : unwritten(task.id, error),
        ),
      ),
    );
    if (mayBlame(end.how) && (await this.#hasLost(end, tasks))) this.#mayBeginEarly = false;
    record.begin();
    const running = judged.filter((task) => task !== null).filter((task) => task.state === "running");
    this.#suspects = running.filter(({ crashes }) => isSuspect(crashes));
    this.#accused = this.#suspects.find((task) => isAccused(task.crashes) && !this.#mayIsolate(task))?.id ?? null;
    if (mayBlame(end.how) && end.flights.length > 0)
      log.warn("The server has died while tasks were in flight.", {
        said: end.said,
        culprit: end.culprit,
        inFlight: end.flights.length,
        suspects: this.#suspects.length,
        tasks: end.flights.slice(0, TASKS_LOGGED_MAX),
      });
    return running.filter(({ crashes }) => !isSuspect(crashes));
  }

  /** Lets the suspects of the start go on. Resolves when each has its turn. */
  async giveTurns(): Promise<void> {
    const { record, inServer } = this.#parts;
    const end = record.last();
    const movable = this.#suspects.filter((task) => !inServer(task));
    const areApart = await this.#canIsolate(movable.map(({ id }) => id));
    const staying = areApart ? this.#suspects.filter(inServer) : this.#suspects;
    if (areApart) this.#offer(movable);
    const crashes = new Map(staying.map((task) => [task.id, task.crashes]));
    this.#suspects = [];
    // A death without a word counts for nobody, however few were in flight: turns would find nobody out.
    if (end.how !== "own") return this.#offer(staying);
    await this.#trials.hold(trialsOf([...crashes.keys()], end), (id) => crashes.get(id) ?? 0, windowMsAfter(end));
  }

  #offer(tasks: readonly Task[]): void {
    const { open, scheduler } = this.#parts;
    for (const { id } of tasks) {
      const entry = open.get(id);
      if (entry?.state === "running") scheduler.offer(entry);
    }
  }

  #mayIsolate(task: Task): boolean {
    return this.#isolation !== null && !this.#parts.inServer(task);
  }

  /**
   * Whether a task may run before its submit is on disk. Not after a death in which somebody was in flight of whom the disk
   * knows nothing: whoever submits it again would end the server again, and nobody would ever be found guilty.
   */
  get mayBeginEarly(): boolean {
    return this.#mayBeginEarly;
  }

  /** Whether somebody was in flight of whom the disk knows nothing. */
  async #hasLost({ flights }: LastEnd, running: readonly Task[]): Promise<boolean> {
    const known = new Set(running.map(({ id }) => id));
    for (const { task } of flights) {
      if (known.has(task)) continue;
      const found = await this.#parts.transitions.find(task).catch(() => UNREAD);
      if (found === null) return true;
    }
    return false;
  }

  /** Somebody runs in the server who is to have no company there, except of tasks that no earlier death has seen. */
  get isWary(): boolean {
    return this.#accused !== null && this.#isolation !== null;
  }

  /**
   * How the attempt of a suspect begins in a process of its own, and that of whoever would be company of an accused in
   * one for all of these; null when it runs in this process like all others.
   */
  async apart(task: Task): Promise<((parts: RunParts) => RemoteRun) | null> {
    const isCompany = this.isWary && task.attempt > 0;
    if (!this.#mayIsolate(task) || !(isSuspect(task.crashes) || isCompany)) return null;
    try {
      return (await this.#isolation?.begin(task.id, !isSuspect(task.crashes))) ?? null;
    } catch (error) {
      if (this.#isolation)
        this.#parts.log.warn("Tasks can have no process of their own; they run in the server.", { error });
      this.#isolation = null;
      return null;
    }
  }

  /** The process of its attempt has died: writes what that means. Resolves when the task may go on, if it still may. */
  async settle(task: Task, wait: (ms: number) => Promise<void>): Promise<void> {
    const said = this.#isolation?.verdictOf(task.id);
    if (!said) return;
    await this.#write(task, said.verdict);
    if (said.waitMs > 0) await wait(said.waitMs);
  }

  /** The task waits for its turn, and is offered by that. */
  holds(task: TaskId): boolean {
    return this.#trials.turnOf(task) !== undefined || this.#suspects.some(({ id }) => id === task);
  }

  changed(task: Task): void {
    this.#trials.changed(task);
    if (task.id === this.#accused && (task.state !== "running" || !isAccused(task.crashes))) this.#accused = null;
  }

  /** Why a suspect is treated as one, in a sentence; null for all others. */
  sentenceOf(task: Task): string | null {
    if (task.state !== "running" || !isSuspect(task.crashes)) return null;
    const { times, max } = aloneOf(task.crashes);
    const alone = times === 0 ? "" : ` It was alone in ${times} of them; after ${max} it fails.`;
    const was = `It was running in ${task.crashes} deaths of its process without coming further in between.${alone}`;
    const at = this.#trials.turnOf(task.id);
    if (at !== undefined)
      return `${was} It is held back, so that the next death tells more, and goes on by itself at ${new Date(at).toISOString()} at the latest; its time limit stands still.`;
    const others = this.#isolation?.companyOf(task.id) ?? null;
    if (others === null) return `${was} It runs on among the others.`;
    const company = others === 0 ? "alone" : `with ${others} others`;
    return `${was} It runs ${company} in a process of its own, so that another crash costs nobody else anything, and comes back once it has come further.`;
  }

  async stop(): Promise<void> {
    this.#trials.stop();
    await this.#isolation?.stop();
  }

  async #canIsolate(ids: readonly TaskId[]): Promise<boolean> {
    const [first] = ids;
    if (!this.#isolation || first === undefined) return false;
    this.#isolation.part(ids);
    try {
      await this.#isolation.begin(first);
      return true;
    } catch (error) {
      this.#parts.log.warn("Suspects can have no process of their own; they go on in turns.", { error });
      this.#isolation = null;
      return false;
    }
  }

  async #write(task: Task, verdict: Verdict | undefined): Promise<Task> {
    const { transitions, log } = this.#parts;
    if (verdict?.is === "guilty" && task.state === "running") {
      const { error } = verdict;
      log.warn("A task crashes its process again and again, and fails.", { task: task.id, failure: error });
      const { attempt } = task;
      return (await transitions.change(task.id, { do: "fail", attempt, error, retryAt: null })).task;
    }
    if (!verdict || verdict.crashes === task.crashes) return task;
    return (await transitions.change(task.id, { do: "blame", crashes: verdict.crashes })).task;
  }
}

function windowMsAfter({ deaths }: LastEnd): number {
  return Math.min(TRIAL_MS * TRIAL_FACTOR ** Math.min(deaths, 10), TRIAL_MS_MAX);
}

/** It has ended meanwhile, with its parent or by its time limit: nothing is to be said of it any more. */
function hasMovedOn(error: unknown): boolean {
  return error instanceof Refusal && (error.code === "not_allowed_in_state" || error.code === "fenced");
}
