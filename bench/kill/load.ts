/**
 * Clients who submit, steer, answer, read and follow, through any number of deaths of the server. What was
 * acknowledged they remember, and what was not they send again under the same key.
 */
import { setTimeout as pass } from "node:timers/promises";
import { z } from "zod";
import { readStream } from "./follow.ts";
import type { Profile } from "./profile.ts";
import type { Promises, SeenEvent, Verb } from "./promises.ts";
import { Worker } from "./worker.ts";

/** Null when the server was not there, or did not take it now. */
export type Call = (path: string, body?: unknown, key?: string) => Promise<{ status: number; body: unknown } | null>;

const task = z.object({ id: z.string(), state: z.string() });
const page = z.object({ data: z.array(task), total: z.number() });

export type Submitted = { id: string; kind: string; cancelled: boolean };

const TERMINAL = new Set(["completed", "failed", "cancelled", "timed_out", "rejected"]);
const REQUEST_MS_MAX = 5_000;
/** A busy machine takes minutes. */
const HANGS_MS_MAX = 300_000;

export class Load {
  readonly submitted = new Map<string, Submitted>();
  readonly violations: string[] = [];
  answers = 0;
  events = 0;
  readonly #url: string;
  readonly #profile: Profile;
  readonly #promises: Promises;
  readonly #workers: readonly Worker[];
  #stopped = false;
  #key = 0;
  #message = 0;
  #open = 0;
  #clients: Promise<void>[] = [];

  constructor(url: string, profile: Profile, promises: Promises) {
    this.#url = url;
    this.#profile = profile;
    this.#promises = promises;
    this.#workers = ["w1", "w2"].map((name) => new Worker(name, (...given) => this.call(...given), promises));
  }

  start(): void {
    const roles = [
      ...Array.from({ length: 6 }, () => () => this.#submit()),
      ...Array.from({ length: 2 }, () => () => this.#steer()),
      ...Array.from({ length: 3 }, () => () => this.#follow()),
      () => this.#read(),
      ...this.#workers.map((worker) => () => worker.work()),
    ];
    this.#clients = roles.map((role) => this.#client(role));
  }

  /** What is ready for other programs is done by them, also after `stop`. */
  async work(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.work()));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#clients);
  }

  /** Null when the server was not there, or did not take it now. */
  async call(path: string, body?: unknown, key?: string): Promise<{ status: number; body: unknown } | null> {
    try {
      const headers = {
        ...(body !== undefined && { "content-type": "application/json" }),
        ...(key && { "idempotency-key": key }),
      };
      const answer = await fetch(this.#url + path, {
        ...(body !== undefined && { method: "POST", body: JSON.stringify(body) }),
        headers,
        signal: AbortSignal.timeout(REQUEST_MS_MAX),
      });
      const text = await answer.text();
      this.answers += 1;
      if (answer.status === 503) return null;
      if (answer.status >= 500) this.violations.push(`${path} answered ${answer.status}: ${text.slice(0, 300)}`);
      return { status: answer.status, body: text === "" ? null : JSON.parse(text) };
    } catch {
      return null;
    }
  }

  /** The same of a server that is there: it may be slow. */
  async ask(path: string): Promise<{ status: number; body: unknown }> {
    const from = performance.now();
    for (;;) {
      const answer = await this.call(path);
      if (answer) return answer;
      if (performance.now() - from > HANGS_MS_MAX) throw new Error(`Nothing answers ${path}.`);
      await pass(100);
    }
  }

  async #client(role: () => Promise<void>): Promise<void> {
    while (!this.#stopped) {
      await role();
      await pass(5 + Math.random() * 20);
    }
  }

  async #submit(): Promise<void> {
    if (this.#open >= this.#profile.openMax) return void (await this.#count());
    const kind = pick(this.#profile.kinds);
    const input = { steps: 1 + Math.floor(Math.random() * 4), ms: pick(this.#profile.stepMs) };
    const body = { kind, input: kind === "external" ? { payload: input } : input };
    const key = `kill-${process.pid}-${this.#key++}`;
    let before: string | null = null;
    // Now and then the same is sent again after its answer.
    for (let acknowledged = 0; acknowledged < (Math.random() < 0.1 ? 2 : 1); ) {
      this.#promises.sent("submit", key);
      const answer = await this.call("/v1/tasks", body, key);
      if (!answer) {
        if (this.#stopped) return;
        await pass(50);
        continue;
      }
      const parsed = task.safeParse(answer.body);
      if (!parsed.success)
        return void this.violations.push(`A submit was answered ${answer.status} ${JSON.stringify(answer.body)}`);
      const { id } = parsed.data;
      if (before !== null && before !== id) this.violations.push(`The key ${key} made ${before} and ${id}.`);
      before = id;
      acknowledged += 1;
      this.#promises.answered("submit", id, key);
      if (!this.submitted.has(id)) this.#open += 1;
      this.submitted.set(id, this.submitted.get(id) ?? { id, kind, cancelled: false });
    }
  }

  async #steer(): Promise<void> {
    const one = this.#any();
    if (!one) return;
    const roll = Math.random();
    if (roll < 0.35) await this.input(one.id);
    else if (roll < 0.5) await this.#command(one.id, "pause");
    else if (roll < 0.92) await this.#command(one.id, "resume");
    else {
      one.cancelled = true;
      await this.#command(one.id, "cancel");
    }
  }

  async input(id: string): Promise<void> {
    const message = `m${process.pid}-${this.#message++}`;
    this.#promises.sent("input", id, message);
    const answer = await this.call(`/v1/tasks/${id}/input`, { value: "yes", prompt: "go", message_id: message });
    if (answer?.status === 200) this.#promises.answered("input", id, message);
  }

  async resume(id: string): Promise<void> {
    await this.#command(id, "resume");
  }

  async #command(id: string, verb: Verb & ("pause" | "resume" | "cancel")): Promise<void> {
    this.#promises.sent(verb, id);
    const answer = await this.call(`/v1/tasks/${id}/${verb}`, {});
    if (answer?.status === 200) this.#promises.answered(verb, id);
  }

  async #read(): Promise<void> {
    const one = this.#any();
    if (one) {
      const answer = await this.call(`/v1/tasks/${one.id}`);
      if (answer?.status === 404) this.violations.push(`${one.id} was acknowledged and is not found.`);
    }
    await this.#count();
  }

  async #count(): Promise<void> {
    const answer = await this.call("/v1/tasks?limit=1&state=queued,running,waiting,paused,input_required");
    const parsed = page.safeParse(answer?.body);
    if (parsed.success) this.#open = parsed.data.total;
    else await pass(50);
  }

  /** One task's log, from its begin to its end, over every broken connection. */
  async #follow(): Promise<void> {
    const one = this.#any();
    if (!one) return;
    let seen = 0;
    const from = performance.now();
    while (!this.#stopped && performance.now() - from < HANGS_MS_MAX) {
      const ended = await this.#followOnce(one.id, seen, (event) => {
        if (event.seq !== seen + 1)
          this.violations.push(`A follower of ${one.id} got event ${event.seq} after ${seen}.`);
        seen = event.seq;
        this.events += 1;
        this.#promises.saw(one.id, event);
      });
      if (ended) return;
      await pass(20 + Math.random() * 50);
    }
  }

  async #followOnce(id: string, after: number, got: (event: SeenEvent) => void): Promise<boolean> {
    return readStream(this.#eventsOf(id), after, AbortSignal.timeout(Math.round(200 + Math.random() * 10_000)), got);
  }

  /** The whole log of a task that has ended. */
  async log(id: string): Promise<SeenEvent[]> {
    const events: SeenEvent[] = [];
    const readOn = () =>
      readStream(this.#eventsOf(id), events.at(-1)?.seq ?? 0, AbortSignal.timeout(HANGS_MS_MAX), (event) =>
        events.push(event),
      );
    const from = performance.now();
    while (!(await readOn())) {
      if (performance.now() - from > HANGS_MS_MAX) throw new Error(`The log of ${id} has no end.`);
      await pass(100);
    }
    return events;
  }

  #eventsOf(id: string): string {
    return `${this.#url}/v1/tasks/${id}/events`;
  }

  /** The later, the likelier: an old one has ended. */
  #any(): Submitted | undefined {
    const ids = [...this.submitted.keys()].slice(-200);
    return this.submitted.get(ids[Math.floor(Math.random() * ids.length)] ?? "");
  }
}

function pick<Value>(values: readonly [Value, ...Value[]]): Value {
  return values[Math.floor(Math.random() * values.length)] ?? values[0];
}

export function isEnded(state: string): boolean {
  return TERMINAL.has(state);
}
