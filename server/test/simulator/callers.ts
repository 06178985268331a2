/** The callers of a simulated world: they submit, follow and steer tasks at random, whatever becomes of the server. */
import { Refusal } from "../../src/task/errors.ts";
import type { TaskEvent } from "../../src/task/events/event.ts";
import { type Principal, SCOPES } from "../../src/task/principal.ts";
import { isTerminal } from "../../src/task/states.ts";
import type { Submission } from "../../src/task/submission.ts";
import type { Task } from "../../src/task/task.ts";
import { ticks } from "./event-loop.ts";
import { failingTries, type Program, type ProgramMaker } from "./program.ts";
import type { Random } from "./random.ts";
import { KEY_LIMIT } from "./step-monitor.ts";
import type { World } from "./world.ts";

export type Client = {
  principal: Principal;
  program: string | null;
  submission: Submission;
  key: string;
  /** Once acknowledged. */
  id: string | null;
  /** When it was sent first; null before. */
  sentAt: number | null;
};

export type Follower = { id: string; principal: Principal; seen: TaskEvent[]; ended: boolean };

/** One conversation of each caller, so that most tasks stand behind another one. */
function ordered(random: Random): Partial<Submission> {
  if (random.chance(0.1)) return {};
  const conversation = { alias: "talk" };
  const roll = random.int(1, 100);
  if (roll <= 50) return { conversation, multitaskStrategy: "enqueue" };
  if (roll <= 65) return { conversation, multitaskStrategy: "reject" };
  return roll <= 80 ? { conversation, multitaskStrategy: "interrupt" } : { conversation };
}

/** As long as a process beside the server may take to hear of it. */
const HEARD_TICKS = 10;

export class Callers {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  client(n: number, maker: ProgramMaker): Client {
    const { random } = this.#world;
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
    if (this.#world.inOrder) Object.assign(more, ordered(random));
    if (external) {
      const submission: Submission = { kind: "external", input: {}, ...more, retry: { attempts: random.int(1, 3) } };
      return { principal, program: null, submission, key, id: null, sentAt: null };
    }
    const program = maker.make();
    const name = `p${n}`;
    this.#register(name, program);
    const attempts = failingTries(program.ops) + random.int(1, 2);
    const submission: Submission = {
      kind: random.pick(["tidy", "tidy", "messy"]),
      input: { program: name },
      ...more,
      retry: { attempts, backoffMs: 500, backoffMaxMs: 60_000 },
    };
    return { principal, program: name, submission, key, id: null, sentAt: null };
  }

  #register(name: string, program: Program): void {
    this.#world.outside.programs.set(name, program);
    const ops = [...program.ops];
    for (let op = ops.pop(); op; op = ops.pop()) {
      if (op.op === "child") this.#register(`${name}/${op.id}`, op.program);
      if (op.op === "parallel") ops.push(...Object.values(op.branches).flat());
    }
  }

  /** Submits until it is acknowledged, sends the same again now and then, and follows. */
  async live(client: Client): Promise<void> {
    this.#world.clients.push(client);
    await ticks(this.#world.random.int(0, 300));
    const { principal, submission, key } = client;
    let again = this.#world.random.chance(0.3);
    while (!this.#world.isOver) {
      client.sentAt ??= this.#world.latest;
      const answer = await this.#world.call((verbs) =>
        verbs.tasks.submit(principal, "native", submission, { key, hash: key }),
      );
      if (answer && "refused" in answer) {
        const { code, detail } = answer.refused;
        if (code !== "unavailable" && code !== "conflict") throw answer.refused;
        if (code === "conflict" && "task" in detail) this.#world.orders.refused(answer.refused);
      } else if (answer) {
        const { id } = answer.ok.task;
        this.#world.shown([answer.ok.task]);
        const isSame = client.id === null || client.id === id || this.#world.mayForget(client);
        this.#world.checker.check(isSame, () => `The submit ${key} made two tasks.`);
        client.id = id;
        if (!again) break;
        again = false;
      }
      await ticks(this.#world.random.int(1, 30));
    }
    const followers = client.id === null ? 0 : this.#world.random.int(1, 2);
    for (let n = 0; n < followers; n++) void this.#follow(client).catch((error: unknown) => this.#world.broken(error));
  }

  async #follow({ id, principal }: Client): Promise<void> {
    if (id === null) return;
    const follower: Follower = { id, principal, seen: [], ended: false };
    this.#world.followers.push(follower);
    while (!this.#world.isOver && !follower.ended) {
      await ticks(this.#world.random.int(1, 20));
      const process = this.#world.process;
      if (!process?.isReady) continue;
      const leave = new AbortController();
      if (this.#world.random.chance(0.7))
        void ticks(this.#world.random.int(1, 60)).then(() => leave.abort("It leaves."));
      const after = follower.seen.at(-1)?.seq ?? 0;
      const events = process.verbs.tasks.follow(principal, id, after, leave.signal)[Symbol.asyncIterator]();
      for (;;) {
        const next = await Promise.race([events.next(), process.death.promise]).catch((error: unknown) => {
          if (error instanceof Refusal || !process.isAlive) {
            const isGone = error instanceof Refusal && error.code === "not_found" && this.#world.mayBeSwept(id);
            if (isGone) follower.ended = true;
            return "dead" as const;
          }
          throw error;
        });
        if (next === "dead") break;
        if (next.done) {
          follower.ended = !leave.signal.aborted;
          break;
        }
        for (const event of next.value) {
          const expected = (follower.seen.at(-1)?.seq ?? 0) + 1;
          this.#world.checker.check(
            event.seq === expected,
            () => `A follower of ${id} got event ${event.seq} in place of ${expected}.`,
          );
          this.#world.told(id, event.seq);
          follower.seen.push(event);
        }
      }
    }
  }

  /** Random commands to random tasks, children among them, of a list that may be old. */
  async steer(): Promise<void> {
    const { random } = this.#world;
    let tasks: Task[] = [];
    let { principal } = random.pick(this.#world.clients);
    while (!this.#world.isOver && this.#world.mayCrash) {
      await ticks(random.int(1, 12));
      if (tasks.length === 0 || random.chance(0.2)) {
        principal = random.pick(this.#world.clients).principal;
        const listed = await this.#world.call((verbs) => verbs.tasks.list(principal, {}, { limit: 20 }));
        tasks = listed && "ok" in listed ? listed.ok.tasks : [];
        this.#world.shown(tasks);
      }
      if (tasks.length === 0) continue;
      const task = random.pick(tasks);
      await this.#command(principal, task);
      if (random.chance(0.2)) await this.#command(principal, task);
    }
  }

  async #command(principal: Principal, task: Task): Promise<void> {
    const { random } = this.#world;
    const { id } = task;
    const roll = random.int(1, 100);
    if (roll <= 25) await this.#answer(principal, task);
    else if (roll <= 40) await this.#pause(principal, id);
    else if (roll <= 62) await this.#world.resume(principal, id);
    else if (roll <= 66) {
      this.#world.cancelled.add(id);
      this.#world.release(id);
      const answer = await this.#world.call((verbs) => verbs.tasks.cancel(principal, id));
      if (answer && "ok" in answer) {
        const { task } = answer.ok;
        this.#world.shown([task]);
        this.#world.checker.check(isTerminal(task.state), () => `A cancel of ${id} left it ${task.state}.`);
      }
    } else if (roll <= 80) await this.#world.call((verbs) => verbs.tasks.why(principal, id));
    else if (roll <= 90) await this.#world.call((verbs) => verbs.tasks.steps(principal, id));
    else this.#settled(principal, id);
  }

  async #pause(principal: Principal, id: string): Promise<void> {
    const isRepeatable = this.#world.random.chance(0.5);
    const idempotency = { key: `pause ${id} ${this.#world.random.int(1, 2)}`, hash: "" };
    const releases = this.#world.releases;
    const answer = await this.#world.call((verbs) =>
      verbs.tasks.pause(principal, id, isRepeatable ? { idempotency } : {}),
    );
    if (!answer || "refused" in answer) return;
    this.#world.shown([answer.ok.task]);
    if (isRepeatable) return;
    const { state } = answer.ok.task;
    this.#world.checker.check(state === "paused", () => `A pause of ${id} left it ${state}.`);
    await ticks(HEARD_TICKS);
    if (this.#world.releases === releases) this.#world.steps.paused(id);
  }

  /** Waits on a task for a while, as `?wait=` does. */
  #settled(principal: Principal, id: string): void {
    void this.#world
      .call((verbs) => verbs.tasks.settled(principal, id, 1_000, new AbortController().signal))
      .then((answer) => this.#world.shown(answer && "ok" in answer ? [answer.ok] : []))
      .catch((error: unknown) => this.#world.broken(error));
  }

  /** Answers, early, late, twice and to the wrong question. */
  async #answer(principal: Principal, task: Task): Promise<void> {
    const { random } = this.#world;
    const value = `v${random.int(0, 1_000_000)}`;
    const sent = this.#world.answers.get(task.id) ?? new Set();
    this.#world.answers.set(task.id, sent.add(value));
    const prompt = random.chance(0.5) ? { prompt: random.pick(["a", "b", "c"]) } : {};
    const messageId = `m${value}`;
    for (let time = 0; time < random.int(1, 2); time++)
      await this.#world.call((verbs) => verbs.tasks.input(principal, task.id, { messageId, value, ...prompt }));
  }
}
