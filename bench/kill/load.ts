/**
 * Clients who submit, steer, answer, read and follow, through any number of deaths of the server. What was
 * acknowledged they remember, and what was not they send again under the same key.
 */
import { setTimeout as pass } from "node:timers/promises";
import { z } from "zod";

const task = z.object({ id: z.string(), state: z.string() });
const page = z.object({ data: z.array(task), total: z.number() });

export type Submitted = { id: string; kind: string; cancelled: boolean };

const KINDS = ["chain", "chain", "chain", "tree", "nap", "ask"] as const;
const TERMINAL = new Set(["completed", "failed", "cancelled", "timed_out", "rejected"]);
const REQUEST_MS_MAX = 5_000;
const HANGS_MS_MAX = 60_000;

export class Load {
  readonly submitted = new Map<string, Submitted>();
  readonly violations: string[] = [];
  answers = 0;
  events = 0;
  readonly #url: string;
  readonly #stepMs: readonly number[];
  readonly #openMax: number;
  #stopped = false;
  #key = 0;
  #open = 0;
  #clients: Promise<void>[] = [];

  constructor(url: string, stepMs: readonly number[], openMax: number) {
    this.#url = url;
    this.#stepMs = stepMs;
    this.#openMax = openMax;
  }

  start(): void {
    const roles = [
      ...Array.from({ length: 6 }, () => () => this.#submit()),
      ...Array.from({ length: 2 }, () => () => this.#steer()),
      ...Array.from({ length: 3 }, () => () => this.#follow()),
      () => this.#read(),
    ];
    this.#clients = roles.map((role) => this.#client(role));
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

  async #client(role: () => Promise<void>): Promise<void> {
    while (!this.#stopped) {
      await role();
      await pass(5 + Math.random() * 20);
    }
  }

  async #submit(): Promise<void> {
    if (this.#open >= this.#openMax) return void (await this.#count());
    const kind = KINDS[Math.floor(Math.random() * KINDS.length)] ?? "chain";
    const ms = this.#stepMs[Math.floor(Math.random() * this.#stepMs.length)] ?? 10;
    const body = { kind, input: { steps: 1 + Math.floor(Math.random() * 4), ms } };
    const key = `kill-${process.pid}-${this.#key++}`;
    let before: string | null = null;
    // Now and then the same is sent again after its answer.
    for (let acknowledged = 0; acknowledged < (Math.random() < 0.1 ? 2 : 1); ) {
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
      if (!this.submitted.has(id)) this.#open += 1;
      this.submitted.set(id, this.submitted.get(id) ?? { id, kind, cancelled: false });
    }
  }

  async #steer(): Promise<void> {
    const one = this.#any();
    if (!one) return;
    const roll = Math.random();
    const path = `/v1/tasks/${one.id}`;
    if (roll < 0.35) await this.call(`${path}/input`, { value: "yes", prompt: "go" });
    else if (roll < 0.5) await this.call(`${path}/pause`, {});
    else if (roll < 0.95) await this.call(`${path}/resume`, {});
    else {
      one.cancelled = true;
      await this.call(`${path}/cancel`, {});
    }
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
      const ended = await this.#followOnce(one.id, seen, (seq) => {
        if (seq !== seen + 1) this.violations.push(`A follower of ${one.id} got event ${seq} after ${seen}.`);
        seen = seq;
        this.events += 1;
      });
      if (ended) return;
      await pass(20 + Math.random() * 50);
    }
  }

  async #followOnce(id: string, after: number, got: (seq: number) => void): Promise<boolean> {
    const leave = new AbortController();
    const timer = setTimeout(() => leave.abort(), 200 + Math.random() * 10_000);
    try {
      const answer = await fetch(`${this.#url}/v1/tasks/${id}/events`, {
        headers: { accept: "text/event-stream", "last-event-id": String(after) },
        signal: leave.signal,
      });
      if (!answer.ok || !answer.body) return false;
      let rest = "";
      for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
        const frames = (rest + chunk).split("\n\n");
        rest = frames.pop() ?? "";
        for (const frame of frames) {
          const seq = /^id: ?(\d+)$/m.exec(frame)?.[1];
          if (seq !== undefined && !/^event: ?done$/m.test(frame)) got(Number(seq));
          if (/^event: ?done$/m.test(frame)) return true;
        }
      }
      return false;
    } catch {
      return false;
    } finally {
      clearTimeout(timer);
      leave.abort();
    }
  }

  /** The later, the likelier: an old one has ended. */
  #any(): Submitted | undefined {
    const ids = [...this.submitted.keys()].slice(-200);
    return this.submitted.get(ids[Math.floor(Math.random() * ids.length)] ?? "");
  }
}

export function isEnded(state: string): boolean {
  return TERMINAL.has(state);
}
