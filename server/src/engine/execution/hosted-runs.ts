/** The runs of a process that is there for nothing else: it replays handlers, and asks the engine for all the rest. */
import { randomUUID } from "node:crypto";
import type { HeardMessage } from "../../task/conversation.ts";
import { Refusal } from "../../task/errors.ts";
import type { Bound, Handler, Reservation } from "../../task/handler.ts";
import type { TaskId } from "../../task/id.ts";
import type { Json } from "../../task/json/json.ts";
import type { Heard } from "../../task/people/answer-reading.ts";
import type { Failure, Prompt, Task, Wait } from "../../task/task.ts";
import type { UsageCall } from "../../task/usage.ts";
import type { Clock } from "../clock.ts";
import type { Ids } from "../ids.ts";
import type { AttemptPort, AttemptWrite, ChildSubmission, FailAtRest, RunObserver } from "./attempt-port.ts";
import { errorOf, failureOf, stackOf } from "./failure.ts";
import type { Pause } from "./handed-over.ts";
import { replay } from "./replay-context.ts";
import { Run } from "./run.ts";
import type { FromProcess, PortVerb, RunChannel, ToProcess } from "./run-messages.ts";
import { TEXT_MS } from "./text-pace.ts";

type Parts = {
  channel: RunChannel<FromProcess, ToProcess>;
  /** `find` asks for another task as it is. */
  handlerOf: (task: Task, find: (id: TaskId) => Promise<Task | null>) => Handler | undefined;
  clock: Clock;
  random: () => number;
  ids: Ids;
};

/** Serves until the process ends. Returns what its handlers look things up by, which their server answers. */
export function hostRuns(parts: Parts): <Result>(name: string, given: readonly unknown[]) => Promise<Result> {
  const runs = new Map<number, Run>();
  const calls = new Calls(parts.channel);
  parts.channel.receive((message) => {
    switch (message.do) {
      case "begin":
        begin(parts, calls, runs, message);
        return;
      case "answer":
      case "refuse":
        calls.settle(message);
        return;
      case "beat":
        parts.channel.send({ do: "beat" });
        return;
      case "pause":
        runs.get(message.run)?.pause();
        return;
      case "resume":
        runs.get(message.run)?.resume();
        return;
      case "cutOff":
        runs.get(message.run)?.cutOff(message.reason);
        return;
      case "refill":
        runs.get(message.run)?.refill(message.items, message.waits);
        return;
    }
  });
  return (name, given) => calls.ask((call) => ({ do: "lookUp", call, name, given }));
}

function begin(parts: Parts, calls: Calls, runs: Map<number, Run>, begun: ToProcess & { do: "begin" }): void {
  const { channel, handlerOf } = parts;
  const { run: number, task, journal, inbox, artifacts } = begun;
  const find = (id: TaskId) => calls.ask<Task | null>((call) => ({ do: "find", run: number, call, id }));
  const handler = handlerOf(task, find);
  // Its server has one: this process was started from a configuration that has changed since.
  if (!handler) {
    channel.send({ do: "ended", run: number, end: "without_code" });
    return;
  }
  const observer: RunObserver = {
    stepBegins: (_, step) => calls.ask((call) => ({ do: "stepBegins", run: number, call, step })),
    stepEnded: (_, step, ms, tried) => channel.send({ do: "stepEnded", run: number, step, ms, tried }),
    report: (message, _, error) => channel.send({ do: "report", run: number, message, error: told(error) }),
    said: (_, line) => channel.send({ do: "said", run: number, line }),
    warn: (message, _, error) => channel.send({ do: "warn", run: number, message, error: told(error) }),
  };
  const run = new Run({ port: new RemotePort(parts, calls, begun), observer, task, journal, inbox, artifacts });
  runs.set(number, run);
  void run.ended.then((end) => {
    runs.delete(number);
    channel.send({ do: "ended", run: number, end });
  });
  void replay(run, handler);
}

/** An error as text, whatever was thrown: what breaks whoever reads it would break the run that reports it. */
function told(thrown: unknown): string {
  return stackOf(errorOf(thrown)) ?? failureOf(thrown).message;
}

/** Questions that are on their way. */
class Calls {
  readonly #channel: RunChannel<FromProcess, ToProcess>;
  readonly #open = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  #last = 0;

  constructor(channel: RunChannel<FromProcess, ToProcess>) {
    this.#channel = channel;
  }

  ask<Result>(message: (call: number) => FromProcess): Promise<Result> {
    const call = ++this.#last;
    return new Promise<Result>((resolve, reject) => {
      // The answer to a verb is what the verb of the same port returned at the other end.
      this.#open.set(call, { resolve: (result) => resolve(result as Result), reject });
      this.#channel.send(message(call));
    });
  }

  settle(answer: ToProcess & { do: "answer" | "refuse" }): void {
    const open = this.#open.get(answer.call);
    this.#open.delete(answer.call);
    if (answer.do === "answer") open?.resolve(answer.result);
    else
      open?.reject(
        answer.refusal
          ? new Refusal(answer.refusal.code, answer.message, answer.refusal.detail)
          : new Error(answer.message),
      );
  }
}

/** Of this process, which outlives none of its runs. */
const LIFE = randomUUID();

class RemotePort implements AttemptPort {
  readonly #parts: Parts;
  readonly #calls: Calls;
  readonly #run: number;
  readonly #childRefused: Failure | null;

  constructor(parts: Parts, calls: Calls, { run, childRefused }: ToProcess & { do: "begin" }) {
    this.#parts = parts;
    this.#calls = calls;
    this.#run = run;
    this.#childRefused = childRefused;
  }

  get clock(): Clock {
    return this.#parts.clock;
  }

  get life(): string {
    return LIFE;
  }

  random(): number {
    return this.#parts.random();
  }

  textMs(): number {
    return TEXT_MS;
  }

  commit(write: AttemptWrite): Promise<void> {
    return this.#ask("commit", write);
  }

  suspend(waits: Wait[], checkpoint: string, write: AttemptWrite): Promise<void> {
    return this.#ask("suspend", waits, checkpoint, write);
  }

  complete(output: Json, write: AttemptWrite): Promise<void> {
    return this.#ask("complete", output, write);
  }

  fail(
    error: Failure,
    retryable: boolean,
    retryAfterMs: number | undefined,
    write: AttemptWrite,
    stack: string | null = null,
  ): Promise<void> {
    return this.#ask("fail", error, retryable, retryAfterMs, write, stack);
  }

  failAtRest(...given: Parameters<FailAtRest>): Promise<unknown> {
    return this.failingAtRest()(...given);
  }

  failingAtRest(): FailAtRest {
    const [calls, run] = [this.#calls, this.#run];
    return (...given) => calls.ask((call) => ({ do: "ask", run, call, verb: "failAtRest", given }));
  }

  reject(error: Failure, write: AttemptWrite): Promise<void> {
    return this.#ask("reject", error, write);
  }

  pause(pause: Pause, write: AttemptWrite): Promise<void> {
    return this.#ask("pause", pause, write);
  }

  childRefused(): Failure | null {
    return this.#childRefused;
  }

  child(wanted: ChildSubmission, write: (child: TaskId) => AttemptWrite): Promise<TaskId> {
    const id = this.#parts.ids.taskId(this.clock.now());
    const own = write(id);
    return this.#calls.ask((call) => ({ do: "child", run: this.#run, call, id, wanted, write: own }));
  }

  endOf(child: TaskId): Promise<{ output: Json } | { error: Failure } | null> {
    return this.#ask("endOf", child);
  }

  history(limit: number): Promise<HeardMessage[]> {
    return this.#ask("history", limit);
  }

  answerTo(prompt: Prompt, heard: Heard): Promise<{ answer: Json } | null> {
    return this.#ask("answerTo", prompt, heard);
  }

  said(step: string): Promise<number> {
    return this.#ask("said", step);
  }

  bill(calls: UsageCall[]): Promise<void> {
    return this.#ask("bill", calls);
  }

  budgets(since?: readonly Bound[]): Promise<Bound[]> {
    return this.#ask("budgets", since);
  }

  reserve(step: string, amount: Reservation, seen: readonly Bound[]): Promise<boolean> {
    return this.#ask("reserve", step, amount, seen);
  }

  grant(tasks: readonly TaskId[]): Promise<void> {
    return this.#ask("grant", tasks);
  }

  #ask<Result>(verb: PortVerb, ...given: unknown[]): Promise<Result> {
    return this.#calls.ask((call) => ({ do: "ask", run: this.#run, call, verb, given }));
  }
}
