/**
 * Suspects in processes of their own, and beside them whoever is to keep out of the server meanwhile. They run there in
 * groups, as fast as anywhere; a group whose process dies is parted into halves, each with a process of its own, until the
 * one that crashes it is alone. Here the parent knows how a process has died, which the process itself could not say.
 */
import { Refusal } from "../../../task/errors.ts";
import type { TaskId } from "../../../task/id.ts";
import type { Clock } from "../../clock.ts";
import { type RemoteRun, RemoteRuns } from "../../execution/remote-runs.ts";
import type { RunParts } from "../../execution/run.ts";
import type { Transitions } from "../../transitions.ts";
import type { EngineLog } from "../settings.ts";
import { mayBlame } from "./crash-record.ts";
import { type Accused, halves, isSuspect, judge, type Verdict } from "./crash-verdict.ts";
import type { LaunchRunProcess, ProcessEnd, RunProcess } from "./run-process.ts";

/**
 * Processes at once: each takes the memory of a small server. Every death of a group needs one more, so that one culprit
 * among 200 needs nine; with fewer, half of a group would wait until others have ended.
 */
const PROCESSES_MAX = 12;
/** So many there are in any case, and more where there is this much memory. */
const PROCESSES_SURE = 4;
const PROCESS_BYTES = 256 << 20;
/** A process with nothing to do is kept for so long. */
const IDLE_MS = 5_000;
/** A task whose process is killed from outside while it is alone in it waits before the next try, twice as long each time. */
const KILLED_WAIT_MS = 1_000;
const KILLED_WAIT_MS_MAX = 60_000;
/** A group is halved by every death that its own code has caused, and by every so many that may have been kills. */
const KILLS_TO_HALVE = 3;
/** A process is asked so often whether it still comes to what it is told. */
const BEAT_MS = 5_000;
/** Answers that may be missing while code of one task holds others, and while it holds itself alone: some compute for minutes. */
const MISSED_MAX = 3;
const MISSED_ALONE_MAX = 120;
const TASKS_LOGGED_MAX = 20;

/** `kills` counts deaths of its process that may all have come from outside. */
type Group = { process: Promise<Home> | null; idle: () => void; kills: number };
type Home = { process: RunProcess; runs: RemoteRuns; unwatch: () => void };

type Parts = { launch: LaunchRunProcess; transitions: Pick<Transitions, "find">; clock: Clock; log: EngineLog };

export class Isolation {
  readonly #parts: Parts;
  readonly #groups = new Map<TaskId, Group>();
  /** Those that nothing is laid to: they are only to be elsewhere. */
  readonly #company: Group = { process: null, idle: () => {}, kills: 0 };
  readonly #verdicts = new Map<TaskId, Verdict>();
  readonly #kills = new Map<TaskId, number>();
  readonly #waiting: (() => void)[] = [];
  readonly #homes = new Set<Home>();
  #processes = 0;
  #stopped = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Lets suspects of one start run in two processes, which tells more than one. */
  part(suspects: readonly TaskId[]): void {
    for (const half of halves(suspects)) this.#group(half);
  }

  /** How many others are in the task's group; null when it is in none. */
  companyOf(task: TaskId): number | null {
    const group = this.#groups.get(task);
    return group ? [...this.#groups.values()].filter((other) => other === group).length - 1 : null;
  }

  /**
   * Begins an attempt in the process of the task's group, or of all that are here as `company` of somebody else. Rejects
   * when there can be no process.
   */
  async begin(task: TaskId, isCompany = false): Promise<(parts: RunParts) => RemoteRun> {
    if (isCompany) this.#groups.set(task, this.#company);
    const group = this.#groups.get(task) ?? this.#group([task]);
    group.idle();
    group.process ??= this.#launch(group);
    const home = await group.process;
    this.#endWhenIdle(group, home, IDLE_MS);
    return (parts) => {
      group.idle();
      const run = home.runs.begin(parts);
      void run.ended.then((end) => this.#left(task, group, home, end === "crashed"));
      return run;
    };
  }

  /** What the death of its process says of a task, and how long it waits before it goes on. */
  verdictOf(task: TaskId): { verdict: Verdict | undefined; waitMs: number } {
    const verdict = this.#verdicts.get(task);
    this.#verdicts.delete(task);
    const kills = this.#kills.get(task) ?? 0;
    return { verdict, waitMs: kills === 0 ? 0 : Math.min(KILLED_WAIT_MS * 2 ** (kills - 1), KILLED_WAIT_MS_MAX) };
  }

  /** Ends every process. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const wake of this.#waiting.splice(0)) wake();
    await Promise.allSettled([...new Set(this.#groups.values())].map((group) => group.process));
    for (const { process } of this.#homes) process.end("clean");
  }

  #group(tasks: readonly TaskId[], kills = 0): Group {
    const group: Group = { process: null, idle: () => {}, kills };
    for (const task of tasks) this.#groups.set(task, group);
    return group;
  }

  async #launch(group: Group): Promise<Home> {
    // Whoever is suspected of nothing waits for nobody.
    while (group !== this.#company && this.#isFull && !this.#stopped)
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#processes += 1;
    try {
      if (this.#stopped) throw new Refusal("unavailable", "The server stops.");
      const process = await this.#parts.launch();
      const find = (id: TaskId) => this.#parts.transitions.find(id);
      const home = { process, runs: new RemoteRuns(process.channel, find, process.lookUp), unwatch: () => {} };
      this.#homes.add(home);
      this.#watch(home, 0);
      void process.ended.then((end) => this.#ended(group, home, end));
      if (this.#stopped) process.end("clean");
      return home;
    } catch (error) {
      group.process = null;
      this.#free();
      throw error;
    }
  }

  get #isFull(): boolean {
    const max = process.availableMemory() < PROCESS_BYTES ? PROCESSES_SURE : PROCESSES_MAX;
    return this.#processes >= max;
  }

  #free(): void {
    this.#processes -= 1;
    this.#waiting.shift()?.();
  }

  /** The attempt has ended, by itself or by the death of its process. */
  #left(task: TaskId, group: Group, home: Home, crashed: boolean): void {
    if (crashed) return;
    this.#kills.delete(task);
    if (this.#groups.get(task) === group) this.#groups.delete(task);
    if (home.runs.inFlight.length > 0) return;
    // Somebody may wait for this place.
    this.#endWhenIdle(group, home, this.#waiting.length > 0 ? 0 : IDLE_MS);
  }

  #endWhenIdle(group: Group, home: Home, ms: number): void {
    group.idle();
    group.idle = this.#parts.clock.after(ms, () => {
      if (home.runs.inFlight.length === 0) home.process.end("clean");
    });
  }

  /** Code that never gives its thread back keeps all that run beside it from going on, and no process dies of that. */
  #watch(home: Home, missed: number): void {
    home.unwatch = this.#parts.clock.after(BEAT_MS, () => {
      const { runs, process } = home;
      const now = runs.beat() ? 0 : missed + 1;
      if (now < (runs.count > 1 ? MISSED_MAX : MISSED_ALONE_MAX)) return this.#watch(home, now);
      runs.speakFor(`Its code let nothing else go on for ${(now * BEAT_MS) / 1_000} s, and it was killed.`);
      process.end("unknown");
    });
  }

  async #ended(group: Group, home: Home, end: ProcessEnd): Promise<void> {
    const { runs } = home;
    this.#homes.delete(home);
    home.unwatch();
    group.idle();
    group.process = null;
    this.#free();
    const flown = runs.gone();
    const words = runs.lastWords;
    const how = words && mayBlame(end.how) ? "own" : end.how;
    const death = {
      how,
      said: words?.said ?? end.said,
      culprit: words?.culprit ?? null,
      flights: flown.map(({ task, running }) => ({ task: task.id, attempt: task.attempt, steps: running })),
    };
    const accused = await this.#accused(flown);
    for (const [id, verdict] of judge(accused, death, true)) this.#verdicts.set(id, verdict);
    const ids = accused.flatMap(({ id, crashes }) => (isSuspect(crashes) ? [id] : []));
    if (how === "own") this.#halve(ids, death.culprit?.task);
    else if (how === "unknown" && group.kills + 1 < KILLS_TO_HALVE) this.#group(ids, group.kills + 1);
    else if (how === "unknown") this.#halve(ids, undefined);
    if (how === "unknown" && ids.length === 1)
      for (const id of ids) this.#kills.set(id, (this.#kills.get(id) ?? 0) + 1);
    if (ids.length > 0 && how !== "clean")
      this.#parts.log.warn("A process of suspects has died; they go on apart.", {
        said: death.said,
        culprit: death.culprit,
        suspects: ids.length,
        tasks: death.flights.slice(0, TASKS_LOGGED_MAX),
      });
    for (const run of flown) run.lost();
  }

  /** Those that have come further in this very attempt are suspects no more. */
  async #accused(flown: readonly RemoteRun[]): Promise<Accused[]> {
    return Promise.all(
      flown.map(async ({ task }) => {
        const now = await this.#parts.transitions.find(task.id).catch(() => null);
        return { id: task.id, crashes: (now ?? task).crashes };
      }),
    );
  }

  /** The one that is known to be it goes by itself, else the group is halved. */
  #halve(ids: readonly TaskId[], culprit: TaskId | undefined): void {
    if (culprit !== undefined) this.#group([culprit]);
    else for (const half of halves(ids)) this.#group(half);
  }
}
