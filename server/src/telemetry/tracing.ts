/**
 * Tells what tasks, steps and model calls have done, each as a span once it is over. The ids of the spans follow from those
 * of tasks and steps, so that nothing of it is held in memory meanwhile, and a task that outlives its server keeps its trace.
 */
import { randomBytes } from "node:crypto";
import type { EndedTry } from "../engine/execution/attempt-port.ts";
import type { Change } from "../task/decide.ts";
import type { TaskId } from "../task/id.ts";
import { isTerminal } from "../task/states.ts";
import type { Task } from "../task/task.ts";
import { ownTraceId, type Trace } from "../task/trace.ts";
import type { Sampling } from "./settings.ts";
import type { TelemetrySink } from "./span.ts";
import { stepSpan, taskSpan } from "./task-span.ts";

export class Tracing {
  readonly sink: TelemetrySink;
  /** Prompts and answers are told too. */
  readonly contents: boolean;
  readonly now: () => number;
  readonly #sampling: Sampling;

  constructor(sink: TelemetrySink, { sampler, contents }: { sampler: Sampling; contents: boolean }, now: () => number) {
    this.sink = sink;
    this.contents = contents;
    this.now = now;
    this.#sampling = sampler;
  }

  /** The trace of a new task: that of its caller, or one that begins with it. */
  begins = (given: Trace | null, id: TaskId): Trace => this.#begun(given, () => ownTraceId(id));

  /** That of a request which is no task's. */
  beginsRequest(given: Trace | null): Trace {
    return this.#begun(given, () => randomBytes(16).toString("hex"));
  }

  #begun(given: Trace | null, newId: () => string): Trace {
    const trace = given ?? { id: newId(), parent: null, sampled: true };
    const { byParent, ratio } = this.#sampling;
    const sampled = given !== null && byParent ? given.sampled : isWithin(trace.id, ratio);
    return { ...trace, sampled, own: true };
  }

  taskChanged({ before, task }: Pick<Change, "before" | "task">): void {
    if (!isTerminal(task.state) || (before !== null && isTerminal(before.state))) return;
    const trace = this.#own(task);
    if (trace.sampled) this.sink.span(taskSpan(task, trace));
  }

  stepEnded(task: Task, name: string, ms: number, tried: EndedTry | undefined): void {
    const trace = this.#own(task);
    if (!trace.sampled || tried === undefined) return;
    const endMs = this.now();
    this.sink.span(stepSpan(task, trace, { name, ...tried }, { startMs: endMs - ms, endMs }));
  }

  /** Of a task from before there was tracing: one that begins with it. */
  #own({ id, trace }: Pick<Task, "id" | "trace">): Trace {
    return trace?.own ? trace : this.begins(trace, id);
  }
}

const DIGITS = 13;

/** Whether a trace is among the share that is sent: by the random end of its id, so that everybody decides alike. */
function isWithin(traceId: string, ratio: number): boolean {
  return Number.parseInt(traceId.slice(-DIGITS), 16) < ratio * 16 ** DIGITS;
}
