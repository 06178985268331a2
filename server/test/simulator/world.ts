/**
 * One simulated world from one seed: a store, processes that live and die over it, clients who submit, steer, answer
 * and follow, and workers who claim. Everything happens in ticks of the event loop and virtual time.
 */

import type { Clock } from "../../src/engine/clock.ts";
import { EmbeddedEngine } from "../../src/engine/embedded/embedded-engine.ts";
import { Ids } from "../../src/engine/ids.ts";
import { VirtualClock } from "../../src/engine/virtual-clock.ts";
import { openSqliteStore } from "../../src/store/sqlite/store.ts";
import type { Store, Write } from "../../src/store/store.ts";
import { Refusal } from "../../src/task/errors.ts";
import type { TaskEvent } from "../../src/task/events/event.ts";
import { type Principal, SCOPES } from "../../src/task/principal.ts";
import { isTerminal } from "../../src/task/states.ts";
import type { Submission } from "../../src/task/submission.ts";
import type { Task } from "../../src/task/task.ts";
import { createVerbs } from "../../src/verbs/implementation/create-verbs.ts";
import type { Verbs } from "../../src/verbs/verbs.ts";
import { Checker } from "./checker.ts";
import { ticks } from "./event-loop.ts";
import { FaultyDisk } from "./faulty-disk.ts";
import { type Outside, QUEUE, simulatedHandlers } from "./handlers.ts";
import { flakyTimes, type Program, ProgramMaker } from "./program.ts";
import { Random } from "./random.ts";
import { StepMonitor } from "./step-monitor.ts";

export const LIMIT = 4;
export const KEY_LIMIT = 2;
const TASKS = 14;
const BORN = Date.UTC(2026, 0, 1);
/** Rounds of letting everything end, after the last crash. */
const ROUNDS_MAX = 400;

export type Client = {
  principal: Principal;
  program: string | null;
  submission: Submission;
  key: string;
  /** Once acknowledged. */
  id: string | null;
};

export type Follower = { id: string; principal: Principal; seen: TaskEvent[]; ended: boolean };

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
  readonly steps = new StepMonitor(this.checker, LIMIT, KEY_LIMIT);
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
  #process: Process | null = null;
  #starting = false;
  #mayCrash = true;
  #over = false;
  readonly #crashRate: number;
  readonly #refuseRate: number;
  readonly #limitKeys = new Map<string, string>();
  crashes = 0;
  warnings: string[] = [];

  constructor(seed: number) {
    this.seed = seed;
    this.random = new Random(seed);
    this.#crashRate = this.random.pick([0, 0.001, 0.004, 0.01]);
    this.#refuseRate = this.random.pick([0, 0, 0.01]);
    this.outside = {
      programs: new Map(),
      steps: this.steps,
      thrown: new Map(),
      cleaned: new Map(),
      limitKeyOf: (task) => this.#limitKeys.get(task) ?? null,
    };
  }

  async run(): Promise<void> {
    this.store = await openSqliteStore(":memory:", { clock: () => this.clock.now() });
    const faults = {
      crash: () => this.#mayCrash && this.random.chance(this.#crashRate),
      refuse: () => this.#mayCrash && this.random.chance(this.#refuseRate),
      onCrash: () => this.#die(),
    };
    this.#disk = new FaultyDisk(this.store, this.random, faults, (writes) => this.#committed(writes));
    const maker = new ProgramMaker(this.random);
    for (let n = 0; n < TASKS; n++)
      void this.#live(this.#client(n, maker)).catch((error: unknown) => this.#broken(error));
    for (const worker of ["w1", "w2"]) void this.#work(worker).catch((error: unknown) => this.#broken(error));
    void this.#steer().catch((error: unknown) => this.#broken(error));
    const length = this.random.int(200, 900);
    for (let turn = 0; turn < length && this.checker.failures.length === 0; turn++) {
      await ticks(1);
      await this.#keepAlive();
      if (this.random.chance(0.002)) await this.#stop();
      if (this.random.chance(0.15)) await this.#advance(this.random.pick([1, 100, 250, 1_000, 5_000, 30_000, 600_000]));
    }
    this.#mayCrash = false;
    await this.#comeToRest();
    this.#over = true;
  }

  async end(): Promise<void> {
    this.#over = true;
    this.#mayCrash = false;
    this.#die();
    await ticks(50);
    await this.store.close();
  }

  get verbs(): Verbs {
    if (!this.#process?.isReady) throw new Error("No process is ready.");
    return this.#process.verbs;
  }

  stats() {
    return this.#process?.engine.stats();
  }

  #broken(error: unknown): void {
    this.checker.fail(`A client met what is no refusal: ${error instanceof Error ? error.stack : String(error)}`);
  }

  async #advance(ms: number): Promise<void> {
    await this.clock.advance(ms, () => ticks(this.random.int(1, 4)));
  }

  // --- processes

  async #keepAlive(): Promise<void> {
    if (this.#process || this.#starting) return;
    this.#starting = true;
    const process: Process = {
      ...this.#engine(() => process.isAlive),
      isAlive: true,
      isReady: false,
      death: Promise.withResolvers(),
    };
    this.#process = process;
    this.#starting = false;
    process.engine.start().then(
      () => {
        process.isReady = process.isAlive;
      },
      (error: unknown) => {
        // A disk that is full: whoever runs the server starts it again.
        if (!(error instanceof Refusal && error.code === "unavailable")) this.#broken(error);
        if (process.isAlive) this.#die();
      },
    );
  }

  #engine(isAlive: () => boolean): { engine: EmbeddedEngine; verbs: Verbs } {
    const clock: Clock = {
      now: () => this.clock.now(),
      after: (ms, run) => this.clock.after(ms, () => isAlive() && run()),
    };
    const store = this.#disk.plugIn();
    const random = () => this.random.next();
    const ids = new Ids((size) => this.random.bytes(size));
    const engine = new EmbeddedEngine({
      store,
      handlers: simulatedHandlers(this.outside, { isAlive, clock }),
      clock,
      random,
      ids,
      limits: { concurrency: LIMIT },
      log: {
        warn: (message, facts) => {
          const error = facts["error"];
          if (isAlive() && !(error instanceof Refusal && error.code === "unavailable"))
            this.checker.fail(
              `The engine warned: ${message} ${String(facts["task"])} ${error instanceof Error ? error.stack : String(error)}`,
            );
        },
      },
    });
    return { engine, verbs: createVerbs({ engine, store, clock, ids, random }) };
  }

  #die(): void {
    const process = this.#process;
    if (!process?.isAlive) return;
    process.isAlive = false;
    process.isReady = false;
    this.crashes += 1;
    this.steps.crashed();
    this.#starting = true;
    process.death.resolve("dead");
    void this.#disk.pull().then(() => {
      this.#process = null;
      this.#starting = false;
    });
  }

  /** A stop in good order. */
  async #stop(): Promise<void> {
    const process = this.#process;
    if (!process?.isReady) return;
    process.isReady = false;
    const stopped = process.engine.stop(this.random.pick([0, 1_000, 20_000])).then(
      () => "stopped",
      (error: unknown) => (error instanceof Refusal ? "stopped" : this.#broken(error)),
    );
    for (let waited = 0; waited < 200; waited++) {
      const done = await Promise.race([stopped, process.death.promise, ticks(3).then(() => null)]);
      if (done) break;
      await this.#advance(200);
    }
    this.#die();
  }

  #committed(writes: readonly Write[]): void {
    this.steps.committed(writes);
    for (const { task } of writes)
      if (task.concurrency) this.#limitKeys.set(task.id, `${task.tenant} ${task.concurrency.key}`);
  }

  /** A call of a verb: its answer, its refusal, or null when the process died first or is not there. */
  async #call<Result>(verb: (verbs: Verbs) => Promise<Result>): Promise<{ ok: Result } | { refused: Refusal } | null> {
    const process = this.#process;
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

  // --- clients

  #client(n: number, maker: ProgramMaker): Client {
    const { random } = this;
    const user = random.pick(["ada", "bob"]);
    const principal: Principal = { tenant: random.pick(["acme", "zeta"]), user, scopes: new Set(SCOPES), keyId: user };
    const key = `k${n}`;
    const external = random.chance(0.15);
    const more: Partial<Submission> = {
      priority: random.pick([0, 0, 5, -5]),
      metadata: { key },
      ...(random.chance(0.2) && { delayMs: random.pick([10, 5_000, 100_000]) }),
      ...(random.chance(0.1) && { deadlineMs: random.pick([1_000, 60_000, 3_600_000]) }),
      ...(random.chance(0.3) && { concurrency: { key: "few", limit: KEY_LIMIT } }),
      ...(random.chance(0.4) && { conversation: { alias: random.pick(["talk", "chat"]) } }),
    };
    if (external) {
      const submission: Submission = { kind: "external", input: {}, ...more, retry: { attempts: random.int(1, 3) } };
      return { principal, program: null, submission, key, id: null };
    }
    const program = maker.make();
    const name = `p${n}`;
    this.#register(name, program);
    const attempts = flakyTimes(program) + random.int(1, 2);
    const submission: Submission = {
      kind: random.pick(["tidy", "tidy", "messy"]),
      input: { program: name },
      ...more,
      retry: { attempts, backoffMs: 500, backoffMaxMs: 60_000 },
    };
    return { principal, program: name, submission, key, id: null };
  }

  #register(name: string, program: Program): void {
    this.outside.programs.set(name, program);
    const ops = [...program.ops];
    for (let op = ops.pop(); op; op = ops.pop()) {
      if (op.op === "child") this.#register(`${name}/${op.id}`, op.program);
      if (op.op === "parallel") ops.push(...Object.values(op.branches).flat());
    }
  }

  /** Submits until it is acknowledged, sends the same again now and then, and follows. */
  async #live(client: Client): Promise<void> {
    this.clients.push(client);
    await ticks(this.random.int(0, 300));
    const { principal, submission, key } = client;
    let again = this.random.chance(0.3);
    while (!this.#over) {
      const answer = await this.#call((verbs) =>
        verbs.tasks.submit(principal, "native", submission, { key, hash: key }),
      );
      if (answer && "refused" in answer) {
        if (answer.refused.code !== "unavailable" && answer.refused.code !== "conflict") throw answer.refused;
      } else if (answer) {
        const { id } = answer.ok.task;
        this.checker.check(client.id === null || client.id === id, () => `The submit ${key} made two tasks.`);
        client.id = id;
        if (!again) break;
        again = false;
      }
      await ticks(this.random.int(1, 30));
    }
    const followers = client.id === null ? 0 : this.random.int(1, 2);
    for (let n = 0; n < followers; n++) void this.#follow(client).catch((error: unknown) => this.#broken(error));
  }

  async #follow({ id, principal }: Client): Promise<void> {
    if (id === null) return;
    const follower: Follower = { id, principal, seen: [], ended: false };
    this.followers.push(follower);
    while (!this.#over && !follower.ended) {
      await ticks(this.random.int(1, 20));
      const process = this.#process;
      if (!process?.isReady) continue;
      const leave = new AbortController();
      if (this.random.chance(0.7)) void ticks(this.random.int(1, 60)).then(() => leave.abort());
      const after = follower.seen.at(-1)?.seq ?? 0;
      const events = process.verbs.tasks.follow(principal, id, after, leave.signal)[Symbol.asyncIterator]();
      for (;;) {
        const next = await Promise.race([events.next(), process.death.promise]).catch((error: unknown) => {
          if (error instanceof Refusal || !process.isAlive) return "dead" as const;
          throw error;
        });
        if (next === "dead") break;
        if (next.done) {
          follower.ended = !leave.signal.aborted;
          break;
        }
        for (const event of next.value) {
          const expected = (follower.seen.at(-1)?.seq ?? 0) + 1;
          this.checker.check(
            event.seq === expected,
            () => `A follower of ${id} got event ${event.seq} in place of ${expected}.`,
          );
          follower.seen.push(event);
        }
      }
    }
  }

  /** Random commands to random tasks, children among them. */
  async #steer(): Promise<void> {
    const { random } = this;
    while (!this.#over && this.#mayCrash) {
      await ticks(random.int(1, 12));
      const { principal } = random.pick(this.clients);
      const listed = await this.#call((verbs) => verbs.tasks.list(principal, {}, { limit: 50 }));
      if (!listed || "refused" in listed || listed.ok.tasks.length === 0) continue;
      const task = random.pick(listed.ok.tasks);
      await this.#command(principal, task);
      if (random.chance(0.2)) await this.#command(principal, task);
    }
  }

  async #command(principal: Principal, task: Task): Promise<void> {
    const { random } = this;
    const { id } = task;
    const roll = random.int(1, 100);
    if (roll <= 25) await this.#answer(principal, task);
    else if (roll <= 40) await this.#pause(principal, id);
    else if (roll <= 62) await this.#call((verbs) => verbs.tasks.resume(principal, id));
    else if (roll <= 66) {
      this.cancelled.add(id);
      const answer = await this.#call((verbs) => verbs.tasks.cancel(principal, id));
      if (answer && "ok" in answer)
        this.checker.check(
          isTerminal(answer.ok.task.state),
          () => `A cancel of ${id} left it ${answer.ok.task.state}.`,
        );
    } else if (roll <= 80) await this.#call((verbs) => verbs.tasks.why(principal, id));
    else if (roll <= 90) await this.#call((verbs) => verbs.tasks.steps(principal, id));
    else await this.#settled(principal, id);
  }

  async #pause(principal: Principal, id: string): Promise<void> {
    const idempotency = { key: `pause ${id} ${this.random.int(1, 2)}`, hash: "" };
    await this.#call((verbs) => verbs.tasks.pause(principal, id, this.random.chance(0.5) ? { idempotency } : {}));
  }

  /** Holds the line to a task for a while, as `?wait=` does. */
  async #settled(principal: Principal, id: string): Promise<void> {
    void this.#call((verbs) => verbs.tasks.settled(principal, id, 1_000, new AbortController().signal)).then(
      (answer) => {
        if (!answer || "refused" in answer) return;
      },
      (error: unknown) => this.#broken(error),
    );
  }

  /** Answers, early, late, twice and to the wrong question. */
  async #answer(principal: Principal, task: Task): Promise<void> {
    const { random } = this;
    const value = `v${random.int(0, 1_000_000)}`;
    const sent = this.answers.get(task.id) ?? new Set();
    this.answers.set(task.id, sent.add(value));
    const prompt = random.chance(0.5) ? { prompt: random.pick(["a", "b", "c"]) } : {};
    const messageId = `m${value}`;
    for (let time = 0; time < random.int(1, 2); time++)
      await this.#call((verbs) => verbs.tasks.input(principal, task.id, { messageId, value, ...prompt }));
  }

  // --- workers

  async #work(worker: string): Promise<void> {
    const { random } = this;
    const principal: Principal = { tenant: "acme", user: worker, scopes: new Set(SCOPES), keyId: worker };
    while (!this.#over) {
      await ticks(random.int(1, 10));
      const tenant = random.pick(["acme", "zeta"]);
      const who = { ...principal, tenant };
      const leaseMs = random.pick([1_000, 30_000]);
      const claim = { worker, queue: QUEUE, max: random.int(1, 2), leaseMs, waitMs: random.pick([0, 2_000]) };
      const leave = new AbortController();
      if (!this.#mayCrash) void ticks(5).then(() => leave.abort());
      const claimed = await this.#call((verbs) => verbs.work.claim(who, claim, leave.signal));
      if (!claimed || "refused" in claimed) continue;
      for (const { id, attempt } of claimed.ok) await this.#workOn(who, worker, id, attempt);
    }
  }

  async #workOn(who: Principal, worker: string, id: string, attempt: number): Promise<void> {
    const { random } = this;
    await ticks(random.int(0, 20));
    if (random.chance(0.3)) {
      const beat = { worker, attempt, leaseMs: 1_000, progress: { fraction: random.next(), message: "" } };
      await this.#call((verbs) => verbs.work.heartbeat(who, id, beat));
    }
    const roll = random.int(1, 100);
    if (roll <= 25) return; // The worker vanishes.
    const mark = `${worker} ${attempt}`;
    const answer = await this.#call((verbs) =>
      roll <= 90
        ? verbs.work.complete(who, id, { worker, attempt, output: mark })
        : verbs.work.fail(who, id, {
            worker,
            attempt,
            error: { code: "worker", message: mark },
            retryable: roll <= 97,
          }),
    );
    if (answer && "ok" in answer && roll <= 90) this.workDone.set(id, mark);
  }

  // --- the end

  /** No more crashes: answers and resumes what asks for it, until every task has ended. */
  async #comeToRest(): Promise<void> {
    for (let round = 0; round < ROUNDS_MAX && this.checker.failures.length === 0; round++) {
      await this.#keepAlive();
      await ticks(40);
      if (!this.#process?.isReady) continue;
      if (this.clients.some((client) => client.id === null)) continue;
      const open = await this.openTasks();
      if (open.length === 0 && this.followers.every((follower) => follower.ended)) return;
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

  async openTasks(): Promise<Task[]> {
    return (await this.allTasks()).filter((task) => !isTerminal(task.state));
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
    if (task.state === "paused") await this.#call((verbs) => verbs.tasks.resume(principal, task.id));
    for (const wait of task.waits) {
      if (wait.on !== "input" || task.state !== "input_required") continue;
      const kept = await this.store.inbox(task.id);
      const fits = kept.find((item) => item.prompt === null || item.prompt === wait.prompt.name);
      const now = await this.store.task(task.id);
      if (fits && now?.revision === task.revision && (await this.#stillAsks(task)))
        this.checker.fail(`${task.id} asks "${wait.prompt.name}" though its inbox holds an answer.`);
      const value = `h${this.random.int(0, 1_000_000)}`;
      const sent = this.answers.get(task.id) ?? new Set();
      this.answers.set(task.id, sent.add(value));
      await this.#call((verbs) => verbs.tasks.input(principal, task.id, { value, prompt: wait.prompt.name }));
    }
  }

  async #stillAsks(task: Task): Promise<boolean> {
    await ticks(60);
    return (await this.store.task(task.id))?.revision === task.revision;
  }
}
