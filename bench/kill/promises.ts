/**
 * The diary of what callers asked and the server acknowledged, on disk line by line, and what the server must still know
 * of it at the end. Every call stands there before it is sent and after its answer: what was answered must have
 * happened, what was not may have.
 */
import { createHash } from "node:crypto";
import { appendFileSync } from "node:fs";
import { z } from "zod";
import { LEASES_LOST_MAX } from "../../server/src/task/claim.ts";

export type Verb = "submit" | "input" | "pause" | "resume" | "cancel" | "claim" | "heartbeat" | "complete";

/** One event of a log, as it stands in a stream. */
export type SeenEvent = { seq: number; type: string; data: unknown; frame: string };

type Promised = {
  inputs: Map<string, boolean>;
  pauses: number;
  resumes: number;
  cancelled: boolean;
  /** Attempts that a claim was told of, and by whom. */
  claims: Map<number, string>;
  /** Until when each of these leases runs, in Unix milliseconds, as the server has said last. */
  leases: Map<number, number>;
  /** How far a heartbeat that was acknowledged said that it is. */
  fraction: number;
  output: string | null;
};

export class Promises {
  readonly violations: string[] = [];
  acknowledged = 0;
  readonly #file: string;
  readonly #of = new Map<string, Promised>();
  /** What every follower saw: a hash for each event, by task and number. */
  readonly #hashes = new Map<string, Map<number, string>>();

  constructor(file: string) {
    this.#file = file;
  }

  sent(verb: Verb, task: string, detail: string | number = ""): void {
    this.#write(`sent ${verb} ${task} ${detail}`);
    if (verb === "input") this.#promised(task).inputs.set(String(detail), false);
  }

  answered(verb: Verb, task: string, detail: string | number = "", worker = ""): void {
    this.#write(`answered ${verb} ${task} ${detail} ${worker}`);
    this.acknowledged += 1;
    const promised = this.#promised(task);
    if (verb === "input") promised.inputs.set(String(detail), true);
    if (verb === "pause") promised.pauses += 1;
    if (verb === "resume") promised.resumes += 1;
    if (verb === "cancel") promised.cancelled = true;
    if (verb === "claim") promised.claims.set(Number(detail), worker);
    if (verb === "heartbeat") promised.fraction = Math.max(promised.fraction, Number(detail));
    if (verb === "complete") promised.output = String(detail);
  }

  /** The server has said until when the worker of this attempt has the task. */
  leased(task: string, attempt: number, until: string): void {
    this.#promised(task).leases.set(attempt, Date.parse(until));
  }

  /** A follower has read the event, for the first time or again. */
  saw(task: string, { seq, frame }: SeenEvent): void {
    const hash = createHash("sha256").update(frame).digest("base64");
    const hashes = this.#hashes.get(task) ?? new Map<number, string>();
    this.#hashes.set(task, hashes);
    const before = hashes.get(seq);
    if (before !== undefined && before !== hash)
      this.violations.push(`Event ${seq} of ${task} is another one than a follower saw: ${frame.slice(0, 300)}`);
    hashes.set(seq, hash);
  }

  /** Whether the task as it is at the end, and its whole log, keep what was acknowledged. */
  judge(task: string, state: string, output: unknown, log: readonly SeenEvent[]): void {
    const seen = this.#hashes.get(task)?.size ?? 0;
    for (const event of log) this.saw(task, event);
    if (log.length < seen) this.#broken(task, `its log has ${log.length} events, and followers saw ${seen}`);
    const promised = this.#of.get(task);
    if (!promised) return;
    const of = (type: string) => log.filter((event) => event.type === type);
    const received = of("task.input_received").map(({ data }) => fieldOf(data, "messageId", "message_id"));
    for (const [message, isAcknowledged] of promised.inputs) {
      const count = received.filter((id) => id === message).length;
      if (count > 1 || (isAcknowledged && count === 0))
        this.#broken(
          task,
          `the input ${message} was ${isAcknowledged ? "" : "not "}acknowledged and came ${count} times`,
        );
    }
    const pausing = of("task.pausing").length;
    if (pausing < promised.pauses) this.#broken(task, `${promised.pauses} pauses and ${pausing} events of them`);
    const resumed = of("task.resumed").length;
    if (resumed < promised.resumes) this.#broken(task, `${promised.resumes} resumes and ${resumed} events of them`);
    if (promised.cancelled && state !== "cancelled")
      this.#broken(task, `its cancel was acknowledged, and it is ${state}`);
    const starts = of("task.started");
    for (const [attempt, worker] of promised.claims)
      if (!starts.some(({ data }) => fieldOf(data, "attempt") === attempt && fieldOf(data, "worker") === worker))
        this.#broken(task, `attempt ${attempt} was given to ${worker}, and its log does not know`);
    const fractions = of("task.progress").map(({ data }) => Number(fieldOf(data, "fraction")));
    if (promised.fraction > 0 && !fractions.some((fraction) => fraction >= promised.fraction))
      this.#broken(task, `a heartbeat of ${promised.fraction} was acknowledged, and its log does not know`);
    this.#judgeLeases(task, promised, log);
    if (promised.output !== null && (state !== "completed" || output !== promised.output))
      this.#broken(task, `it was completed with ${promised.output}, and is ${state} with ${JSON.stringify(output)}`);
  }

  /** Whoever held the task had it for as long as the server has said. */
  #judgeLeases(task: string, { leases }: Promised, log: readonly SeenEvent[]): void {
    let attempt = 0;
    for (const event of log) {
      if (event.type === "task.started") attempt = Number(fieldOf(event.data, "attempt"));
      const until = leases.get(attempt) ?? 0;
      const lostAt = leaseLostAt(event) ?? until;
      if (lostAt < until)
        this.#broken(task, `the lease of attempt ${attempt} was taken ${until - lostAt} ms before its end`);
    }
  }

  #broken(task: string, what: string): void {
    this.violations.push(`What was acknowledged of ${task} is not so: ${what}.`);
  }

  #promised(task: string): Promised {
    const known = this.#of.get(task) ?? {
      inputs: new Map(),
      pauses: 0,
      resumes: 0,
      cancelled: false,
      claims: new Map(),
      leases: new Map(),
      fraction: 0,
      output: null,
    };
    this.#of.set(task, known);
    return known;
  }

  #write(line: string): void {
    appendFileSync(this.#file, `${Date.now()} ${line}\n`);
  }
}

/** Workers let so many leases of the task run out that it failed, which is theirs to answer for. */
export function failedByWorkers(log: readonly SeenEvent[]): boolean {
  return log.filter((event) => leaseLostAt(event) !== null).length === LEASES_LOST_MAX;
}

const leaseLost = z.looseObject({
  type: z.enum(["task.retrying", "task.failed"]),
  at: z.string(),
  data: z.looseObject({ error: z.looseObject({ code: z.literal("lease_lost") }) }),
});

function leaseLostAt({ data }: SeenEvent): number | null {
  const parsed = leaseLost.safeParse(data);
  return parsed.success ? Date.parse(parsed.data.at) : null;
}

function fieldOf(data: unknown, ...names: string[]): unknown {
  if (typeof data !== "object" || data === null) return undefined;
  const inner: unknown = "data" in data ? data.data : data;
  for (const name of names) {
    const value: unknown = typeof inner === "object" && inner !== null ? Reflect.get(inner, name) : undefined;
    if (value !== undefined) return value;
  }
  return undefined;
}
