/**
 * One simulated world from one seed: a store, processes that live and die over it, clients who submit, steer, answer
 * and follow, and workers who claim. Everything happens in ticks of the event loop and virtual time.
 */

import type { Clock } from "../../src/engine/clock.ts";
import { CrashMemory } from "../../src/engine/embedded/crash/crash-record.ts";
import { EmbeddedEngine } from "../../src/engine/embedded/embedded-engine.ts";
import { Ids } from "../../src/engine/ids.ts";
import { VirtualClock } from "../../src/engine/virtual-clock.ts";
import { openSqliteStore } from "../../src/store/sqlite/store.ts";
import type { Store, Write } from "../../src/store/store.ts";
import { Refusal } from "../../src/task/errors.ts";
import { type Principal, SCOPES } from "../../src/task/principal.ts";
import { isTerminal } from "../../src/task/states.ts";
import type { Task } from "../../src/task/task.ts";
import { createVerbs } from "../../src/verbs/implementation/create-verbs.ts";
import type { Verbs } from "../../src/verbs/verbs.ts";
import { Callers, type Client, type Follower } from "./callers.ts";
import { Checker } from "./checker.ts";
import { ticks } from "./event-loop.ts";
import { FaultyDisk } from "./faulty-disk.ts";
import { type Outside, simulatedHandlers } from "./handlers.ts";
import { OrderMonitor } from "./orders.ts";
import { ProgramMaker } from "./program.ts";
import { Random } from "./random.ts";
import { RunProcesses } from "./run-processes.ts";
import { RESERVE, StepMonitor } from "./step-monitor.ts";
import { Worker } from "./worker.ts";

const TASKS = 14;
const BORN = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;
const RETENTION_MS = 30 * DAY_MS;
/** By how much the clock is set, back too. */
const JUMPS_MS = [-3_600_000, -60_000, -1_000, 1_000, 60_000, 3_600_000, DAY_MS];
/** As long as a process may take to cancel those. */
const INTERRUPTED_TICKS = 200;
const INTERRUPTED_LOOKS = 10;
/** Rounds of letting everything end, after the last crash. */
const ROUNDS_MAX = 400;

/** One process of the server. */
type Process = {
  engine: EmbeddedEngine;
  verbs: Verbs;
  isAlive: boolean;
  isReady: boolean;
  death: PromiseWithResolvers<"dead">;
};

export class World {
  readonly seed: number;
  readonly random: Random;
  readonly clock = new VirtualClock(BORN);
  readonly checker = new Checker();
  readonly steps = new StepMonitor(this.checker);
  readonly orders: OrderMonitor;
  readonly clients: Client[] = [];
  readonly followers: Follower[] = [];
  readonly outside: Outside;
  /** Cancels that were sent, acknowledged or not. */
  readonly cancelled = new Set<string>();
  /** Values of inputs that were sent, by task. */
  readonly answers = new Map<string, Set<string>>();
  /** What workers completed or failed with, and were told that it counts. */
  readonly workDone = new Map<string, string>();
  store!: Store;
  #disk!: FaultyDisk;
  readonly #crashes = new CrashMemory();
  process: Process | null = null;
  #starting = false;
  /** False once everything is to come to rest. */
  mayCrash = true;
  isOver = false;
  readonly #crashRate: number;
  readonly #refuseRate: number;
  /** Whether the disk is full for a while now and then, the clock is set, and old tasks are swept. */
  readonly #diskFills: boolean;
  readonly #clockIsSet: boolean;
  readonly sweeps: boolean;
  /** Whether tasks of a conversation wait for one another, want to be alone or interrupt one another. */
  readonly inOrder: boolean;
  readonly #stepsCrash: boolean;
  /** Who sleeps for longer is on disk alone. */
  readonly #sleepersAheadMs: number;
  /** What waits behind so many of its queue is on disk alone. */
  readonly #claimableAhead: number;
  /** Whether suspects can have processes of their own. */
  readonly #isolates: boolean;
  #isFull = false;
  /** The latest time of day that anybody has seen. */
  latest = BORN;
  /** Resumes, cancels and other ends of a pause that were sent so far. */
  releases = 0;
  /** Each task as its last commit has left it, also when retention has removed it since. */
  readonly known = new Map<string, Task>();
  /** Tasks in the order of the commits that ended them. */
  readonly ended = new Set<string>();
  crashes = 0;

  constructor(seed: number) {
    this.seed = seed;
    this.random = new Random(seed);
    this.#crashRate = this.random.pick([0, 0.001, 0.004, 0.01]);
    this.#refuseRate = this.random.pick([0, 0, 0.01, 0.05]);
    this.#diskFills = this.random.chance(0.3);
    this.#clockIsSet = this.random.chance(0.3);
    this.sweeps = this.random.chance(0.15);
    this.#stepsCrash = this.random.chance(0.2);
    this.#isolates = this.random.chance(0.5);
    // By numbers of their own, so that the worlds without it stay what they were.
    this.inOrder = new Random(~seed).chance(0.5);
    this.#sleepersAheadMs = new Random(~seed ^ 1).pick([0, 200, 5_000, 600_000]);
    this.#claimableAhead = new Random(~seed ^ 2).pick([1, 2, 500]);
    const cancels = (id: string) => {
      this.cancelled.add(id);
      this.release(id);
    };
    this.orders = new OrderMonitor(this.checker, { known: this.known, cancels });
    this.outside = {
      programs: new Map(),
      steps: this.steps,
      thrown: new Map(),
      cleaned: new Map(),
      limitKeyOf: (id) => {
        const task = this.known.get(id);
        return task?.concurrency ? `${task.tenant} ${task.concurrency.key}` : null;
      },
    };
  }

  async run(): Promise<void> {
    this.store = await openSqliteStore(":memory:", { clock: () => this.clock.now() });
    const faults = {
      crash: () => this.mayCrash && this.random.chance(this.#crashRate),
      refuse: () => this.mayCrash && (this.#isFull || this.random.chance(this.#refuseRate)),
      pageTicks: new Random(~this.seed ^ 2).pick([0, 0, 5, 40]),
      overload: () => this.mayCrash && this.random.chance(this.#refuseRate / 4),
      onCrash: () => this.#die(),
    };
    this.#disk = new FaultyDisk(this.store, this.random, faults, (writes) => this.#committed(writes));
    const maker = new ProgramMaker(this.random, this.#stepsCrash);
    const callers = new Callers(this);
    for (let n = 0; n < TASKS; n++)
      void callers.live(callers.client(n, maker)).catch((error: unknown) => this.broken(error));
    for (const name of ["w1", "w2"]) void new Worker(this, name).work().catch((error: unknown) => this.broken(error));
    void callers.steer().catch((error: unknown) => this.broken(error));
    const length = this.random.int(200, 900);
    for (let turn = 0; turn < length && this.checker.failures.length === 0; turn++) {
      await ticks(1);
      await this.#keepAlive();
      if (this.random.chance(0.002)) await this.#stop();
      if (this.random.chance(0.15)) await this.#advance(this.random.pick([1, 100, 250, 1_000, 5_000, 30_000, 600_000]));
      if (this.#diskFills && this.random.chance(0.03)) this.#isFull = !this.#isFull;
      if (this.#clockIsSet && this.random.chance(0.01)) await this.#setClock(this.random.pick(JUMPS_MS));
      if (this.sweeps && this.random.chance(0.005)) await this.#setClock(RETENTION_MS);
      if (this.sweeps && this.random.chance(0.05)) await this.#checkSwept();
    }
    this.mayCrash = false;
    await this.#comeToRest();
    this.isOver = true;
  }

  async end(): Promise<void> {
    this.isOver = true;
    this.mayCrash = false;
    this.#die();
    await ticks(50);
    await this.store.close();
  }

  get verbs(): Verbs {
    if (!this.process?.isReady) throw new Error("No process is ready.");
    return this.process.verbs;
  }

  stats() {
    return this.process?.engine.stats();
  }

  /** A client met an error that no server should answer with. */
  broken(error: unknown): void {
    this.checker.fail(`A client met what is no refusal: ${error instanceof Error ? error.stack : String(error)}`);
  }

  async #advance(ms: number): Promise<void> {
    await this.clock.advance(ms, () => ticks(this.random.int(1, 4)));
    this.latest = Math.max(this.latest, this.clock.now());
  }

  /** Somebody sets the time of day. */
  async #setClock(ms: number): Promise<void> {
    await this.clock.setForward(ms, () => ticks(this.random.int(1, 4)));
    this.latest = Math.max(this.latest, this.clock.now());
  }

  async resume(principal: Principal, id: string): Promise<void> {
    this.release(id);
    await this.call((verbs) => verbs.tasks.resume(principal, id));
  }

  /** From here on the task may go on, although it was paused. */
  release(id: string): void {
    this.releases += 1;
    this.steps.released(id);
  }

  /** Whether the idempotency key of the submit may be forgotten by now. */
  mayForget({ sentAt }: Client): boolean {
    return sentAt !== null && this.latest - sentAt >= DAY_MS;
  }

  /** A child stays as long as an ancestor is open, however long ago it ended. */
  async #checkSwept(): Promise<void> {
    for (const { id, parent } of this.known.values()) {
      if (parent === null) continue;
      const found = await this.store.task(id);
      if (!this.ended.has(parent)) this.checker.check(found !== null, () => `${id} is gone before ${parent}.`);
    }
  }

  /** Whether the task has ended so long ago that it may be gone. */
  mayBeSwept(id: string): boolean {
    const endedAt = this.known.get(id)?.endedAt ?? null;
    return this.sweeps && endedAt !== null && this.latest - endedAt >= RETENTION_MS;
  }

  async #keepAlive(): Promise<void> {
    if (this.process || this.#starting) return;
    this.#starting = true;
    this.steps.limit = this.random.int(1, 5);
    const process: Process = {
      ...this.#engine(() => process.isAlive),
      isAlive: true,
      isReady: false,
      death: Promise.withResolvers(),
    };
    this.process = process;
    this.#starting = false;
    process.engine.start().then(
      () => {
        process.isReady = process.isAlive;
      },
      (error: unknown) => {
        // A disk that is full: whoever runs the server starts it again.
        if (!(error instanceof Refusal && error.code === "unavailable")) this.broken(error);
        if (process.isAlive) this.#die();
      },
    );
  }

  /** The clock of a process, which hears nothing of it once it has died. */
  #clockOf(isAlive: () => boolean): Clock {
    return {
      now: () => this.clock.now(),
      timeOfDay: () => this.clock.timeOfDay(),
      elapsed: () => this.clock.elapsed(),
      after: (ms, run) => this.clock.after(ms, () => isAlive() && run()),
      at: (moment, run) => this.clock.at(moment, () => isAlive() && run()),
    };
  }

  #runProcesses(isAlive: () => boolean, ids: Ids): RunProcesses {
    return new RunProcesses({
      ...{ outside: this.outside, random: this.random, ids, isAlive },
      clockOf: (isAlive) => this.#clockOf(isAlive),
      kills: () => this.mayCrash && this.random.chance(this.#crashRate),
      refuses: () => this.mayCrash && this.random.chance(this.#refuseRate),
    });
  }

  #engine(isAlive: () => boolean): { engine: EmbeddedEngine; verbs: Verbs } {
    const clock = this.#clockOf(isAlive);
    const store = this.#disk.plugIn();
    const record = this.#crashes.next();
    const crash = () => {
      record.ends("own", "A step ended it.");
      this.#die();
    };
    const random = () => this.random.next();
    const ids = new Ids((size) => this.random.bytes(size));
    const beside = this.#runProcesses(isAlive, ids);
    const engine = new EmbeddedEngine({
      store,
      handlers: simulatedHandlers(this.outside, { isAlive, clock, crash }),
      clock,
      random,
      ids,
      limits: { concurrency: this.steps.limit, concurrencyReserve: RESERVE, ...this.#pages() },
      record,
      ...(this.#isolates && { launch: () => beside.launch() }),
      log: {
        warn: (message, facts) => {
          const error = facts["error"];
          if (isAlive() && error !== undefined && !(error instanceof Refusal && error.code === "unavailable"))
            this.checker.fail(
              `The engine warned: ${message} ${String(facts["task"])} ${error instanceof Error ? error.stack : String(error)}`,
            );
        },
      },
    });
    return { engine, verbs: createVerbs({ engine, store, clock, ids, random }) };
  }

  /** Mostly callers are served while the open tasks are still on their way into memory. */
  #pages() {
    return {
      openPage: this.random.int(1, 3),
      openAwaited: this.random.int(0, 4),
      sleepersAheadMs: this.#sleepersAheadMs,
      claimableAhead: this.#claimableAhead,
    };
  }

  #die(): void {
    const process = this.process;
    if (!process?.isAlive) return;
    process.isAlive = false;
    process.isReady = false;
    this.crashes += 1;
    this.steps.crashed();
    this.#starting = true;
    process.death.resolve("dead");
    void this.#disk.pull().then(() => {
      this.process = null;
      this.#starting = false;
    });
  }

  /** A stop in good order. */
  async #stop(): Promise<void> {
    const process = this.process;
    if (!process?.isReady) return;
    process.isReady = false;
    const stopped = process.engine.stop(this.random.pick([0, 1_000, 20_000])).then(
      () => "stopped",
      (error: unknown) => (error instanceof Refusal ? "stopped" : this.broken(error)),
    );
    for (let waited = 0; waited < 200; waited++) {
      const done = await Promise.race([stopped, process.death.promise, ticks(3).then(() => null)]);
      if (done) break;
      await this.#advance(200);
    }
    this.#die();
  }

  /** Nobody is told what a crash could undo. */
  shown(tasks: readonly Task[]): void {
    for (const { id, revision } of tasks) {
      const known = this.known.get(id)?.revision ?? 0;
      this.checker.check(revision <= known, () => `Revision ${revision} of ${id} was shown, and ${known} is on disk.`);
    }
  }

  /** The same of what is told of a task. */
  told(id: string, seq: number): void {
    const known = this.known.get(id)?.lastSeq ?? 0;
    this.checker.check(seq <= known, () => `Event ${seq} of ${id} was told, and its log on disk ends with ${known}.`);
  }

  #committed(writes: readonly Write[]): void {
    this.steps.committed(writes);
    for (const { task } of writes) {
      const { id, parent } = task;
      this.checker.check(parent === null || this.known.has(parent), () => `${id} is on disk, and ${parent} is not.`);
      this.known.set(task.id, task);
      if (task.endedAt !== null) this.ended.add(task.id);
    }
    this.orders.committed(writes);
  }

  /** A call of a verb: its answer, its refusal, or null when the process died first or is not there. */
  async call<Result>(verb: (verbs: Verbs) => Promise<Result>): Promise<{ ok: Result } | { refused: Refusal } | null> {
    const process = this.process;
    if (!process?.isReady) return null;
    try {
      const answer = await Promise.race([verb(process.verbs).then((ok) => ({ ok })), process.death.promise]);
      return answer === "dead" || !process.isAlive ? null : answer;
    } catch (error) {
      if (!process.isAlive) return null;
      if (error instanceof Refusal && error.code !== "internal") return { refused: error };
      throw error;
    }
  }

  /** No more crashes: answers and resumes what asks for it, until every task has ended. */
  async #comeToRest(): Promise<void> {
    for (let round = 0; round < ROUNDS_MAX && this.checker.failures.length === 0; round++) {
      await this.#keepAlive();
      await ticks(40);
      if (!this.process?.isReady) {
        // What the disk has refused a start is tried again after a moment.
        if (round > ROUNDS_MAX / 2) await this.#advance(1_000);
        continue;
      }
      // Who wants to be alone in its conversation is taken when the others have ended.
      const unheard = this.clients.filter(({ id }) => id === null);
      if (unheard.some(({ submission }) => submission.multitaskStrategy !== "reject")) continue;
      await this.#checkInterrupted();
      const open = await this.openTasks();
      if (unheard.length + open.length === 0 && this.followers.every((follower) => follower.ended)) {
        // The disk may have what ended the last one, while its answer is still on the way to the engine.
        await ticks(40);
        return;
      }
      for (const task of open) await this.#help(task);
      await this.#advance(round % 3 === 0 ? 3_600_000 : 5_000);
    }
    if (this.checker.failures.length > 0) return;
    for (const task of await this.openTasks())
      this.checker.fail(
        `${task.id} (${JSON.stringify(task.input)}) is stuck: ${task.state} ${JSON.stringify(task.waits)}, attempt ${task.attempt}.`,
      );
    for (const { id, seen, ended } of this.followers)
      if (!ended) this.checker.fail(`A follower of ${id} hangs after event ${seen.at(-1)?.seq}.`);
    for (const { id, key } of this.clients)
      if (id === null) this.checker.fail(`The submit ${key} was never acknowledged.`);
  }

  /** Whom a later task interrupts ends by that alone, before anybody helps. */
  async #checkInterrupted(): Promise<void> {
    const isOpen = (id: string) => this.known.get(id)?.endedAt === null;
    const interrupted = [...this.orders.interrupted].filter(isOpen);
    // A start first takes all open tasks into memory, and what the store has refused by then is tried again in a moment.
    for (let looks = 0; interrupted.some(isOpen) && looks < INTERRUPTED_LOOKS; looks++) {
      await ticks(INTERRUPTED_TICKS);
      if (looks > 0 && interrupted.some(isOpen)) await this.#advance(1_000);
    }
    for (const id of interrupted)
      this.checker.check(!isOpen(id), () => `${id} is open, though a later task interrupts it.`);
  }

  async openTasks(): Promise<Task[]> {
    const open = [...this.known.values()]
      .filter(({ endedAt }) => endedAt === null)
      .map(({ id }) => this.store.task(id));
    return (await Promise.all(open)).filter((task) => task !== null).filter((task) => !isTerminal(task.state));
  }

  async allTasks(): Promise<Task[]> {
    const tasks: Task[] = [];
    for (const tenant of ["acme", "zeta"]) {
      for (let cursor: string | null | undefined; cursor !== null; ) {
        const page = { limit: 200, ...(cursor && { cursor }) };
        const listed = await this.store.list({ tenant, user: null }, {}, page);
        tasks.push(...listed.tasks);
        cursor = listed.next;
      }
    }
    return tasks;
  }

  async #help(task: Task): Promise<void> {
    const principal: Principal = { tenant: task.tenant, user: task.user, scopes: new Set(SCOPES), keyId: "helper" };
    if (task.state === "paused") await this.resume(principal, task.id);
    for (const wait of task.waits) {
      if (wait.on !== "input" || task.state !== "input_required") continue;
      const kept = await this.store.inbox(task.id);
      const isOwn = wait.relayed === undefined;
      // What answered another question, also one of a child, is nobody else's.
      const free = kept.filter(({ question }) => question === null || question === wait.key);
      const fits = isOwn && free.find((item) => item.prompt === null || item.prompt === wait.prompt.name);
      const now = await this.store.task(task.id);
      if (fits && now?.revision === task.revision && (await this.#stillAsks(task)))
        this.checker.fail(`${task.id} asks "${wait.prompt.name}" though its inbox holds an answer.`);
      const value = `h${this.random.int(0, 1_000_000)}`;
      const sent = this.answers.get(task.id) ?? new Set();
      this.answers.set(task.id, sent.add(value));
      await this.call((verbs) => verbs.tasks.input(principal, task.id, { value, prompt: wait.prompt.name }));
    }
  }

  async #stillAsks(task: Task): Promise<boolean> {
    await ticks(60);
    return (await this.store.task(task.id))?.revision === task.revision;
  }
}
