/**
 * One step: its body's tries, and their record. At least once until its result is committed; what the body recorded
 * commits with that result, except live text and progress, which show at once, and usage, which counts in any case.
 */
import type { z } from "zod";
import type { JournalEntry } from "../../store/store.ts";
import type { ArtifactUpdate, artifactUpdate } from "../../task/artifact.ts";
import type { Emission, EventDraft } from "../../task/events/event.ts";
import {
  type Bound,
  MissingCode,
  type Reservation,
  type StepContext,
  StepError,
  type StepOptions,
} from "../../task/handler.ts";
import type { Json, JsonObject } from "../../task/json/json.ts";
import { type StepTrace, TRIES_KEPT_MAX } from "../../task/step.ts";
import { type Failure, NO_USAGE, type UsageTotals } from "../../task/task.ts";
import { type Log, logOf } from "../../task/text/log-line.ts";
import { addUsage, type UsageCall } from "../../task/usage.ts";
import { backoffMs } from "../backoff.ts";
import type { ArtifactTry } from "./artifact-sizes.ts";
import { runIn } from "./current-place.ts";
import {
  artifactWrite,
  boundsIn,
  detailsOf,
  eventOf,
  granted,
  logLineOf,
  progressOf,
  reservationOf,
  usageOf,
  usdPerTokenOf,
} from "./effects.ts";
import { errorOf, inTime, isInOwnWords, reasonOf, stackOf } from "./failure.ts";
import { BadValue, jsonAtOnce, jsonInTurns, msOf, objectIn, ownCopy, textOf } from "./handed-over.ts";
import { type Call, entryOf } from "./journal.ts";
import { never } from "./never.ts";
import { lostCalls, type Paying, unfinished } from "./paying.ts";
import type { Run } from "./run.ts";
import { StopSignal } from "./stop-signal.ts";

const STEP_RETRIES = 3;
const STEP_TIMEOUT_MS = 600_000;
const STEP_BACKOFF_MS = 1_000;
const STEP_BACKOFF_MS_MAX = 60_000;

/** A call whose answer has not been told; null for one that is no live text. */
type UnderWay = { call: UsageCall; usdPerToken: number | null };

/** What a body records that commits with its result. */
type StepEffects = { events: EventDraft[]; artifacts: ArtifactUpdate[]; usage: UsageCall[]; details: JsonObject };

/** `what` is whose options they are: `step "fetch"`. `retries` may be without end. */
export function stepOptionsOf(what: string, options: StepOptions): Required<StepOptions> {
  const {
    retries = STEP_RETRIES,
    backoffMs = STEP_BACKOFF_MS,
    backoffMaxMs = STEP_BACKOFF_MS_MAX,
    timeoutMs = STEP_TIMEOUT_MS,
  } = objectIn(`The options of ${what}`, options);
  if (typeof retries !== "number" || !(retries >= 0))
    throw new BadValue(`The retries of ${what} are no number from 0 on.`);
  return {
    retries,
    backoffMs: msOf(`The backoffMs of ${what}`, backoffMs),
    backoffMaxMs: msOf(`The backoffMaxMs of ${what}`, backoffMaxMs),
    timeoutMs: msOf(`The timeoutMs of ${what}`, timeoutMs),
  };
}

type Outcome = { result: Json } | { failed: Failure; stack: string | null } | "later";

function noEffects(): StepEffects {
  return { events: [], artifacts: [], usage: [], details: {} };
}

/** A body that hears its signal has ended by then. */
const STOP_GRACE_MS = 5_000;

export class StepExecution implements StepContext {
  readonly key: string;
  readonly tries: number;
  readonly #run: Run;
  readonly #call: Call;
  readonly #options: Required<StepOptions>;
  /** Whoever listens is code of the body: what it throws is its own. */
  readonly #stop = new StopSignal((code) => runIn(this.#run.owner, this.#call.name, code));
  #spokeBefore: boolean;
  /** What the entry says of payments: at first of a try that its process has not outlived. */
  #paying: Paying | undefined;
  /** By their keys. */
  #underWay: Map<string, UnderWay> | undefined;
  #until: number;
  /** Paid for by this and earlier tries. */
  #spent: UsageTotals;
  #effects = noEffects();
  /** How large its artifacts become, once it has made one. */
  #artifactTry: ArtifactTry | undefined;
  #reserves = false;
  #speaks = false;
  #half = "";
  /** Of this try. */
  #failure: Failure | null = null;
  #done = false;

  constructor(run: Run, call: Call, options: Required<StepOptions>) {
    const before = call.entry ? unfinished.parse(call.entry.result) : { until: 0, said: false };
    this.#run = run;
    this.#call = call;
    this.#spokeBefore = before.said;
    this.#paying = call.entry?.state === "waiting" ? before.paying : undefined;
    this.#until = before.until;
    this.#spent = call.entry?.usage ?? NO_USAGE;
    this.key = `${run.task.id}${call.key}`;
    this.tries = (call.entry?.tries ?? 0) + (call.entry?.state === "retrying" ? 1 : call.entry ? 0 : 1);
    this.#options = options;
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  async run(body: (step: StepContext) => Promise<Json>): Promise<Json> {
    const { clock } = this.#run.port;
    const { name, key } = this.#call;
    if (this.#until > clock.now()) return this.#waitForRetry();
    for (;;) {
      await this.#run.stepBegins(key, name);
      await this.#run.durable();
      // The disk may have let it wait, and somebody have paused the task meanwhile.
      if (!this.#run.isHeld) break;
      this.#run.stepEnded(key, name, null);
      await this.#run.open();
    }
    if (this.#paying && this.#paying.life !== this.#run.port.life) await this.#countLost(this.#paying);
    this.#paying = undefined;
    const began = clock.elapsed();
    const outcome = await this.#once(body, began);
    const tried = { key: this.key, tries: this.tries, failure: this.#failure };
    this.#run.stepEnded(key, name, clock.elapsed() - began, tried);
    if (outcome === "later") return this.#waitForRetry();
    if ("failed" in outcome) throw new StepError(outcome.failed, outcome.stack);
    return outcome.result;
  }

  output(given: string, agent = ""): void {
    if (typeof given !== "string") throw new BadValue("The live text is not a text.");
    const text = this.#whole(given);
    const speaker = textOf("The agent of live text", agent);
    if (this.#done || this.#run.isOver || text === "") return;
    if (!this.#speaks) {
      this.#speaks = true;
      const events: EventDraft[] = this.#spokeBefore
        ? [{ type: "output.restarted", data: { step: this.#call.name } }]
        : [];
      // Written down before the text: whoever runs this step again must know that there was some.
      this.#run.buffer.add({ record: { events }, journal: [this.#begun()] });
    }
    this.#run.buffer.text(this.#call.name, speaker, text);
  }

  retract(): void {
    this.#half = "";
    if (this.#done || this.#run.isOver || !this.#speaks) return;
    // From here on it has said nothing. That it spoke is in the journal: another try says so once more.
    this.#speaks = false;
    this.#spokeBefore = false;
    this.#run.buffer.add({ record: { events: [{ type: "output.restarted", data: { step: this.#call.name } }] } });
  }

  get log(): Log {
    return logOf((level, message, facts) => {
      if (this.#done) return;
      const line = logLineOf(level, message, facts, this.#call.name);
      this.#run.say(line, (events) => this.#run.buffer.add({ record: { events } }));
    });
  }

  report(thrown: unknown): void {
    const error = errorOf(thrown);
    if (!isInOwnWords(error)) this.#run.report(`Step "${this.#call.name}" goes on after an error.`, error);
  }

  emit<Type extends string>(event: Emission<Type>): void {
    this.#effects.events.push(eventOf(event));
  }

  artifact(update: z.input<typeof artifactUpdate>): void {
    const { artifacts, record } = artifactWrite(update);
    if (this.#done) return;
    this.#artifactTry ??= this.#run.artifactSizes.begin();
    for (const artifact of artifacts) this.#artifactTry.add(artifact);
    this.#effects.artifacts.push(...artifacts);
    this.#effects.events.push(...(record?.events ?? []));
  }

  details(patch: JsonObject): void {
    this.#effects.details = { ...this.#effects.details, ...detailsOf(patch) };
  }

  async budgets(since: readonly Bound[] = []): Promise<Bound[]> {
    return await this.#run.port.budgets(boundsIn("budgets()", since));
  }

  async reserve(amount: Reservation, seen: readonly Bound[]): Promise<boolean> {
    const most = reservationOf(amount);
    const bounds = boundsIn("reserve()", seen);
    this.#reserves ||= bounds.length > 0;
    return bounds.length === 0 || (await this.#run.port.reserve(this.key, most, bounds));
  }

  async grant(tasks: readonly string[]): Promise<void> {
    await this.#run.port.grant(granted(tasks));
  }

  usage(call: UsageCall): void {
    const checked = usageOf(call);
    this.#underWay?.delete(checked.key);
    if (this.#run.isOver) this.#run.bill([checked]);
    else this.#effects.usage.push(checked);
  }

  async paying(call: UsageCall, usdPerToken = 0, speaks = true): Promise<void> {
    const checked = usageOf(call);
    const price = usdPerTokenOf(usdPerToken);
    if (this.#done || this.#run.isOver) return;
    this.#underWay ??= new Map();
    this.#underWay.set(checked.key, { call: checked, usdPerToken: speaks ? price : null });
    const underWay = [...this.#underWay.values()];
    const spoken = underWay.findLast((each) => each.usdPerToken !== null);
    const calls = [...underWay.filter((each) => each !== spoken), ...(spoken ? [spoken] : [])].map(({ call }) => call);
    this.#paying = {
      calls: [...this.#effects.usage, ...calls],
      usdPerToken: spoken?.usdPerToken ?? 0,
      ...(!spoken && { silent: true }),
      life: this.#run.port.life,
    };
    await this.#run.commit({ journal: [this.#begun()] });
  }

  progress(fraction: number, message = ""): void {
    const shown = progressOf(fraction, message);
    if (!this.#done && !this.#run.isOver) this.#run.buffer.progress(shown.fraction, shown.message);
  }

  /** Half of a character at the end waits for its other half, which the next text begins with. */
  #whole(text: string): string {
    const joined = this.#half + text;
    this.#half = /[\ud800-\udbff]$/.exec(joined)?.[0] ?? "";
    return joined.slice(0, joined.length - this.#half.length).toWellFormed();
  }

  /** The body against its time limit and the end of the run. */
  async #attempt(body: (step: StepContext) => Promise<Json>): Promise<Json> {
    const { clock } = this.#run.port;
    const { promise, resolve, reject } = Promise.withResolvers<Json>();
    let isLate = false;
    // An async function, so that a body that throws at once rejects like any other.
    const running = runIn(this.#run.owner, this.#call.name, async () => body(this), this);
    running.then(
      (result) => isLate || resolve(result),
      (error) => isLate || reject(error),
    );
    const forget = clock.after(this.#options.timeoutMs, () => {
      const error = Object.assign(
        new Error(`Step "${this.#call.name}" took longer than ${this.#options.timeoutMs} ms.`),
        { code: "step_timeout" },
      );
      isLate = true;
      this.#stop.stop(error);
      void this.#ending(running, error).then(() => reject(error));
    });
    const stopHearing = this.#run.onStop((reason) => {
      this.#stop.stop(reason);
      this.#billTheRest();
    });
    try {
      return await promise;
    } finally {
      forget();
      stopHearing();
    }
  }

  /** A body whose time is over has a grace to end: after that it may be tried again beside itself, which is logged. */
  async #ending(running: Promise<unknown>, error: Error): Promise<void> {
    const grace = Promise.withResolvers<"over">();
    const forget = this.#run.port.clock.after(STOP_GRACE_MS, () => grace.resolve("over"));
    const ended = running.then(
      () => "ended" as const,
      () => "ended" as const,
    );
    const first = await Promise.race([ended, grace.promise]);
    forget();
    if (first === "over") this.#run.report(`Step "${this.#call.name}" goes on although its time is over.`, error);
  }

  /** One try, and its record. */
  async #once(body: (step: StepContext) => Promise<Json>, began: number): Promise<Outcome> {
    const { clock } = this.#run.port;
    const { name } = this.#call;
    try {
      const given = await this.#attempt(body);
      const ms = clock.elapsed() - began;
      const what = `The result of step "${name}"`;
      const short = jsonAtOnce(what, given);
      const result = short ? short.json : await jsonInTurns(what, given);
      // A copy: the handler may change it before it is written.
      const copy = ownCopy(result);
      const own = copy instanceof Promise ? await copy : copy;
      if (!short && this.#run.isOver) return never();
      this.#finish("done", result, null, ms, { type: "step.completed", data: { name, ms } });
      return { result: own };
    } catch (error) {
      if (this.#run.isOver) return this.#cutOff();
      if (error instanceof MissingCode) throw error;
      return this.#failed(error, clock.elapsed() - began);
    } finally {
      this.#done = true;
      this.#artifactTry?.end(false);
    }
  }

  /** Its body has ended and said what it has paid for: while the attempt has the task, as when a server stops, the next life counts no more. */
  #cutOff(): Promise<never> {
    if (this.#paying) {
      this.#paying = undefined;
      this.#run.takeBack(this.#begun());
    }
    return never();
  }

  /** What a failed try recorded does not count, except what it cost. */
  #failed(thrown: unknown, ms: number): "later" | { failed: Failure; stack: string | null } {
    const { port } = this.#run;
    const { name } = this.#call;
    const error = errorOf(thrown);
    this.#run.report(`Try ${this.tries} of step "${name}" failed.`, error);
    const reason = inTime(reasonOf(`Step "${name}"`, error), this.#run.task, port.clock.now());
    const { failure, retryable, retryAfterMs } = reason;
    const failed = { ...failure, step: name };
    this.#failure = failed;
    const { retries, backoffMs: base, backoffMaxMs } = this.#options;
    this.#effects = { ...noEffects(), usage: this.#effects.usage };
    if (retryable && this.tries <= retries) {
      this.#until = port.clock.now() + backoffMs(this.tries, base, backoffMaxMs, port.random(), retryAfterMs);
      const result = { until: this.#until, said: this.#speaks || this.#spokeBefore };
      const event: EventDraft = {
        type: "step.retrying",
        data: { name, error: failed, until: this.#until, tries: this.tries },
      };
      this.#finish("retrying", result, failed, ms, event);
      return "later";
    }
    this.#finish("failed", null, failed, ms, { type: "step.failed", data: { name, error: failed } });
    return { failed, stack: stackOf(error) };
  }

  #waitForRetry<Result>(): Promise<Result> {
    const since = this.#run.port.clock.now();
    return this.#run.waitFor({ on: "retry", key: this.#call.key, since, until: this.#until }, this.#call.name);
  }

  /**
   * The handler's own code may go on at once: it does nothing that outlives a crash, and the next body waits until this
   * is durable. So a result and the end that follows from it are one commit.
   */
  #finish(state: JournalEntry["state"], result: Json, error: Failure | null, ms: number, event: EventDraft): void {
    const { events, artifacts, usage, details } = this.#effects;
    this.#effects = noEffects();
    this.#artifactTry?.end(state === "done");
    this.#spent = usage.reduce(addUsage, this.#spent);
    this.#run.record({
      record: {
        events: [...events, event],
        progressed: state !== "retrying",
        ...(usage.length > 0 && { usage }),
        ...(Object.keys(details).length > 0 && { details }),
      },
      journal: [{ ...this.#entry(state, result), error, durationMs: ms, trace: this.#traceOf(error, ms) }],
      artifacts,
      ...(this.#reserves && { settled: [this.key] }),
    });
    if (state !== "retrying") this.#run.spend(this.#spent);
  }

  /** Each try with its error; a step that was done at its first try says all of it by its entry. */
  #traceOf(error: Failure | null, ms: number): StepTrace | null {
    const before = this.#call.entry?.trace?.tries ?? [];
    if (error === null && before.length === 0) return null;
    const endedAt = this.#run.port.clock.now();
    const last = { startedAt: Math.round(endedAt - ms), endedAt, error };
    return { tries: [...before, last].slice(-TRIES_KEPT_MAX) };
  }

  /** That it has begun, for whoever runs this step again. What the log has of an earlier try is no answer to this one's call. */
  #begun(): JournalEntry {
    const said = this.#speaks || this.#spokeBefore;
    const paying = this.#paying && { ...this.#paying, ...(!this.#speaks && { silent: true }) };
    return this.#entry("waiting", { until: 0, said, ...(paying && { paying }) });
  }

  /** What a try has paid for whose process died: its last call by what was known before it, and by what was said of its answer. */
  async #countLost(paying: Paying): Promise<void> {
    const said = () => this.#run.through(() => this.#run.port.said(this.#call.name));
    this.#effects.usage.push(...(await lostCalls(paying, said)));
  }

  /** What the body had reported when it was cut off was paid for. */
  #billTheRest(): void {
    this.#run.bill(this.#effects.usage.splice(0));
  }

  #entry(state: JournalEntry["state"], result: Json): JournalEntry {
    const usage = this.#spent.calls > 0 ? this.#spent : null;
    const trace = this.#call.entry?.trace ?? null;
    return { ...entryOf(this.#call, state, result, this.#run.port.clock.now()), tries: this.tries, usage, trace };
  }
}
