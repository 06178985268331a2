/**
 * Passes values to the thread that checks them against schemas. The thread has one at a time, with the tenants in rotation; one that
 * takes more than `JUDGING_CPU_MS` of its processor time is given up, and the thread with it, so that nobody else waits for it. The
 * first value starts the thread.
 */
import { Worker } from "node:worker_threads";
import { Refusal } from "../../task/errors.ts";
import { FairQueue } from "../../task/fair-queue.ts";
import type { JsonObject } from "../../task/json/json.ts";
import type { Reading } from "../../task/people/answer-reading.ts";
import type { Misfit } from "./json-schema.ts";

/** Readings of one value, or a schema to be checked itself. */
export type ToJudge = { readings: Reading[] } | { schema: JsonObject };
/** `misfits` are those of the readings before the one that fits, or of all. */
export type Judged = { misfits: Misfit[] } | { fault: string | null };

/** A form of 64 KB and a value of the same size take 20. */
const JUDGING_CPU_MS = 250;
/** How often the processor time of a working thread is read. */
const LOOK_MS = 50;
/** Waiting values of one tenant, so that none waits for ever. */
const WAITING_MAX = 1_000;
const HEAP_MB_MAX = 128;

type Waiting = PromiseWithResolvers<Judged> & { asked: ToJudge };

export class SchemaThread {
  #worker: Worker | null = null;
  readonly #waiting = new FairQueue<Waiting>();
  #inWork: Waiting | null = null;
  #look: NodeJS.Timeout | undefined;

  /**
   * The first misfit of each reading before the first that fits; of all readings when none fits. Throws `invalid` when a schema takes
   * too long, `unavailable` when too many values of the tenant wait.
   */
  async misfits(readings: Reading[], tenant: string): Promise<Misfit[]> {
    const judged = await this.#judge({ readings }, tenant);
    return "misfits" in judged ? judged.misfits : [];
  }

  /** Why the schema cannot check anything; null when it can. Throws as `misfits`. */
  async fault(schema: JsonObject, tenant: string): Promise<string | null> {
    const judged = await this.#judge({ schema }, tenant);
    return "fault" in judged ? judged.fault : null;
  }

  #judge(asked: ToJudge, tenant: string): Promise<Judged> {
    if (this.#waiting.lengthOf(tenant) >= WAITING_MAX)
      throw new Refusal("unavailable", "Too many of your answers wait to be looked at.", { retryAfterS: 1 });
    const waiting = { ...Promise.withResolvers<Judged>(), asked };
    this.#waiting.push(tenant, waiting);
    this.#next();
    return waiting.promise;
  }

  #next(): void {
    if (this.#inWork !== null) return;
    const next = this.#waiting.shift();
    if (next === undefined) return;
    this.#inWork = next;
    this.#worker ??= this.#start();
    const worker = this.#worker;
    worker.postMessage(next.asked);
    let before: number | null = null;
    // Its own processor time counts: on a busy machine nothing is late.
    this.#look = setInterval(async () => {
      const used = await worker.cpuUsage().catch(() => null);
      // The thread has not begun, or has ended.
      if (used === null) return;
      const spentMs = (used.user + used.system) / 1_000;
      before ??= spentMs;
      if (this.#inWork === next && spentMs - before > JUDGING_CPU_MS) this.#giveUp(worker);
    }, LOOK_MS).unref();
  }

  #start(): Worker {
    const file = import.meta.url.endsWith(".ts") ? "./schema-worker.ts" : "./schema-worker.js";
    const worker = new Worker(new URL(file, import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB_MAX },
    });
    worker.unref();
    worker.on("message", (judged: Judged) => {
      if (this.#worker !== worker) return;
      this.#takeOut()?.resolve(judged);
      this.#next();
    });
    worker.on("error", () => {});
    worker.on("exit", () => this.#giveUp(worker));
    return worker;
  }

  /** The thread takes too long over the value in work, or has died of it. */
  #giveUp(worker: Worker): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    void worker.terminate();
    this.#takeOut()?.reject(new Refusal("invalid", "Its form takes too long to look at this."));
    this.#next();
  }

  /** Takes the value in work out of the thread's hands. */
  #takeOut(): Waiting | null {
    clearInterval(this.#look);
    const inWork = this.#inWork;
    this.#inWork = null;
    return inWork;
  }
}
