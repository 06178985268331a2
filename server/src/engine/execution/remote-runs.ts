/** The runs of one process that runs them for this engine: each looks from here like a run of one's own. */
import type { InboxItem } from "../../store/store.ts";
import { Refusal } from "../../task/errors.ts";
import type { TaskId } from "../../task/id.ts";
import type { Task, Wait } from "../../task/task.ts";
import type { AttemptPort, AttemptRun, RunEnd, RunObserver } from "./attempt-port.ts";
import type { Place } from "./current-place.ts";
import type { RunParts } from "./run.ts";
import type { FromProcess, LookUp, RunChannel, ToProcess } from "./run-messages.ts";

type Channel = RunChannel<ToProcess, FromProcess>;
type Words = { said: string; culprit: Place | null };
/** Each has its task. */
const ENDED_KEPT_MAX = 100;

type Find = (id: TaskId) => Promise<Task | null>;

export class RemoteRuns {
  readonly #channel: Channel;
  readonly #find: Find;
  readonly #runs = new Map<number, RemoteRun>();
  /** The last of those that have ended: their code may have paid for something, or throw. */
  readonly #ended = new Map<number, RemoteRun>();
  #last = 0;
  #isGone = false;
  #lastWords: Words | null = null;
  #beats = true;

  constructor(channel: Channel, find: Find, lookUp: LookUp = nothingToLookUp) {
    this.#channel = channel;
    this.#find = find;
    channel.receive((message) => {
      if (message.do === "dying") {
        this.#lastWords = message;
        return;
      }
      if (message.do === "beat") {
        this.#beats = true;
        return;
      }
      if (message.do === "lookUp") {
        answer(channel, message.call, () => lookUp(message.name, message.given));
        return;
      }
      const run = this.#runs.get(message.run) ?? this.#ended.get(message.run);
      run?.hear(message);
      if (run && message.do === "ended") this.#keepEnded(message.run, run);
    });
  }

  /** What the process said of its end before it came. */
  get lastWords(): Words | null {
    return this.#lastWords;
  }

  /** Says them for a process that cannot: how it comes to its end. */
  speakFor(said: string): void {
    this.#lastWords ??= { said, culprit: null };
  }

  /** Asks for a sign of life. False while the one that was asked for before has not come. */
  beat(): boolean {
    const isAlive = this.#beats;
    this.#beats = false;
    if (isAlive) this.#channel.send({ do: "beat" });
    return isAlive;
  }

  /** Those whose code may be at work, also for a task that was taken from it: the process has not said that they have ended. */
  get count(): number {
    return this.#runs.size;
  }

  /** Those that have not ended. */
  get inFlight(): RemoteRun[] {
    return [...this.#runs.values()].filter((run) => !run.isOver);
  }

  begin({ task, journal, inbox, artifacts, port, observer }: RunParts): RemoteRun {
    const number = ++this.#last;
    const run = new RemoteRun({ channel: this.#channel, find: this.#find, number, task, port, observer });
    if (this.#isGone) {
      run.lost();
      return run;
    }
    this.#runs.set(number, run);
    const childRefused = port.childRefused();
    this.#channel.send({ do: "begin", run: number, task, journal, inbox, artifacts, childRefused });
    return run;
  }

  #keepEnded(number: number, run: RemoteRun): void {
    this.#runs.delete(number);
    this.#ended.set(number, run);
    const [oldest] = this.#ended.keys();
    if (oldest !== undefined && this.#ended.size > ENDED_KEPT_MAX) this.#ended.delete(oldest);
  }

  /** The process is gone: what is begun from here on is lost at once. Returns what was in flight. */
  gone(): RemoteRun[] {
    this.#isGone = true;
    return this.inFlight;
  }
}

type Parts = { channel: Channel; find: Find; number: number; task: Task; port: AttemptPort; observer: RunObserver };

export class RemoteRun implements AttemptRun {
  readonly task: Task;
  readonly ended: Promise<RunEnd>;
  readonly #parts: Parts;
  readonly #markEnded: (end: RunEnd) => void;
  readonly #steps: string[] = [];
  #over = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.task = parts.task;
    const { promise, resolve } = Promise.withResolvers<RunEnd>();
    this.ended = promise;
    this.#markEnded = resolve;
  }

  get running(): string[] {
    return [...this.#steps];
  }

  get isOver(): boolean {
    return this.#over;
  }

  pause(): void {
    this.#send("pause");
  }

  resume(): void {
    this.#send("resume");
  }

  refill(items: readonly InboxItem[], waits: readonly Wait[]): void {
    this.#parts.channel.send({ do: "refill", run: this.#parts.number, items, waits });
  }

  cutOff(reason: string): void {
    if (this.#over) return;
    this.#parts.channel.send({ do: "cutOff", run: this.#parts.number, reason });
    this.#end("recorded");
  }

  lost(): void {
    this.#end("crashed");
  }

  /** Also after its end: what a run that was cut off has paid for still comes in. */
  hear(message: Exclude<FromProcess, { do: "dying" | "lookUp" | "beat" }>): void {
    const { port, observer, find, channel } = this.#parts;
    switch (message.do) {
      case "ask":
        // The call was made on the same interface at the other end.
        answer(channel, message.call, async () => Reflect.apply(port[message.verb], port, message.given));
        return;
      case "child": {
        const { call, id, wanted, write } = message;
        answer(channel, call, () => port.child(wanted, () => write, id));
        return;
      }
      case "find":
        answer(channel, message.call, () => find(message.id));
        return;
      case "stepBegins":
        this.#steps.push(message.step);
        answer(channel, message.call, () => observer.stepBegins(this.task, message.step));
        return;
      case "stepEnded": {
        const at = this.#steps.indexOf(message.step);
        if (at >= 0) this.#steps.splice(at, 1);
        observer.stepEnded(this.task, message.step, message.ms, message.tried);
        return;
      }
      case "said":
        observer.said(this.task, message.line);
        return;
      case "report":
        observer.report(message.message, this.task.id, message.error);
        return;
      case "warn":
        observer.warn(message.message, this.task.id, message.error);
        return;
      case "ended":
        this.#end(message.end);
        return;
    }
  }

  #send(act: "pause" | "resume"): void {
    if (!this.#over) this.#parts.channel.send({ do: act, run: this.#parts.number });
  }

  #end(end: RunEnd): void {
    this.#over = true;
    this.#markEnded(end);
  }
}

function answer(channel: Channel, call: number, verb: () => Promise<unknown>): void {
  verb().then(
    (result) => channel.send({ do: "answer", call, result }),
    (error: unknown) => {
      const refusal = error instanceof Refusal ? { code: error.code, detail: error.detail } : null;
      const message = error instanceof Error ? error.message : String(error);
      channel.send({ do: "refuse", call, refusal, message });
    },
  );
}

async function nothingToLookUp(name: string): Promise<never> {
  throw new Error(`Nothing answers ${name} here.`);
}
