/**
 * What the log of a simulated task must tell: every event in an order that a life can have, and with the data that the
 * program has made. It knows the program and the states, and nothing of how an engine works.
 */
import { EVENTS, type EventReader, readEvent, type TaskEvent } from "../../src/task/events/event.ts";
import type { Json } from "../../src/task/json/json.ts";
import type { Task } from "../../src/task/task.ts";
import { paidCall, TEXT } from "./handlers.ts";
import { type Op, type Program, walk } from "./program.ts";

/** `asked` either runs on beside its question or is at rest. */
type Standing = "new" | "queued" | "running" | "waiting" | "asked" | "pausing" | "paused" | "ended";

/** Reads one log from its first event. Each reader returns what is wrong with its event, or null. */
class LogReader {
  readonly #task: Task;
  readonly #program: Program | null;
  readonly #ops = new Map<string, Op>();
  readonly #messages = new Set<string>();
  /** What each step has said so far. */
  readonly #texts = new Map<string, string>();
  /** The texts of its children's questions, and whether it has asked any. */
  readonly #askedBelow: ReadonlySet<string>;
  #relays = false;
  #standing: Standing = "new";
  #before: Standing = "new";
  #attempt = 0;
  #failures = 0;
  #fraction = 0;

  constructor(task: Task, program: Program | null) {
    this.#task = task;
    this.#program = program;
    for (const op of program ? walk(program.ops) : []) this.#ops.set(op.id, op);
    this.#askedBelow = new Set(program ? questionsBelow(program.ops) : []);
  }

  read(event: TaskEvent): string | null {
    if (event.custom) {
      if (event.type in EVENTS) return "does not fit its type";
      return this.#ofRun() ?? this.#made(event.data["id"], "emit");
    }
    return readEvent(this.#readers, event);
  }

  readonly #readers: EventReader<[], string | null> = {
    "task.submitted": ({ kind, title, lens }) => {
      if (!this.#from("new")) return "is not the first";
      this.#standing = "queued";
      return same([kind, title, lens], [this.#task.kind, this.#task.title, this.#task.lens]);
    },
    "task.started": ({ attempt, cause, worker }) => {
      if (!this.#from("queued", "waiting", "asked", "running")) return `follows on ${this.#standing}`;
      const expected = this.#attempt === 0 ? "first" : this.#standing === "running" ? "recovered" : "resumed";
      const fits = this.#from("asked") ? cause !== "first" : cause === expected;
      this.#attempt += 1;
      this.#standing = "running";
      if (this.#task.kind === "external" && worker === undefined) return "names no worker";
      return fits ? same(attempt, this.#tries) : `is no ${expected} start`;
    },
    "task.waiting": ({ waits }) => {
      if (waits.length === 0) return "waits for nothing";
      // What it asked for a child is asked no more.
      if (this.#from("waiting", "paused")) return this.#relays ? null : `follows on ${this.#standing}`;
      if (!this.#from("running", "asked")) return `follows on ${this.#standing}`;
      this.#standing = "waiting";
      return null;
    },
    "task.input_required": ({ prompt, until }) => {
      if (this.#askedBelow.has(prompt.text)) return this.#asksForChild(until);
      if (!this.#from("running", "asked", "pausing")) return `follows on ${this.#standing}`;
      if (this.#from("running")) this.#standing = "asked";
      const ops = [...this.#ops.values()].filter((op) => op.op === "ask" && op.name === prompt.name);
      const asks = ops.find((op) => prompt.text === `What about ${op.id}?`);
      if (asks?.op !== "ask" || prompt.asks !== "answer" || prompt.schema !== null) return "asks what nobody asked";
      return (asks.deadlineMs === null) === (until === null) ? null : "has another time limit than its question";
    },
    "task.input_received": ({ messageId, prompt, by }) => {
      if (this.#messages.has(messageId)) return "came twice";
      this.#messages.add(messageId);
      return by === "" || (prompt !== null && !/^[abc](-\d+)?$/.test(prompt)) ? "is nobody's" : null;
    },
    "task.pausing": ({ by }) => {
      if (this.#from("new", "pausing", "paused")) return `follows on ${this.#standing}`;
      this.#before = this.#standing;
      this.#standing = "pausing";
      return by === "" ? "is nobody's" : null;
    },
    "task.paused": () => {
      if (!this.#from("pausing")) return `follows on ${this.#standing}`;
      this.#standing = "paused";
      return null;
    },
    "task.resumed": ({ by }) => {
      if (!this.#from("pausing", "paused")) return `follows on ${this.#standing}`;
      const isAtRest = this.#from("paused");
      // It may have asked something while it came to rest.
      this.#standing = this.#before === "running" ? (isAtRest ? "waiting" : "asked") : this.#before;
      return by === "" ? "is nobody's" : null;
    },
    "task.logged": () => null,
    "task.retrying": ({ error, failures }) => {
      if (!this.#from("running", "asked", ...this.#late)) return `follows on ${this.#standing}`;
      this.#standing = "waiting";
      if (error.code !== "lease_lost") this.#failures += 1;
      return same(failures, this.#failures);
    },
    "task.progress": ({ fraction, message }) => {
      if (fraction < this.#fraction) return "fell";
      this.#fraction = fraction;
      return this.#task.kind === "external" ? null : (this.#ofRun() ?? this.#made(message, "progress"));
    },
    "task.details": ({ patch }) => {
      for (const [id, value] of Object.entries(patch)) {
        const wrong = value === true ? this.#made(id, "details") : "was set by nobody";
        if (wrong) return wrong;
      }
      return this.#from("queued") && this.#attempt === 0 && this.#task.retryOf !== null ? null : this.#ofRun();
    },
    "task.completed": ({ output }) =>
      this.#ends("running", "asked", ...this.#late) ??
      same(this.#task.state === "completed" && this.#task.output, output),
    "task.failed": ({ error }) => this.#ends("running", "asked", ...this.#late) ?? same(this.#error, error),
    "task.rejected": ({ error }) => this.#ends("running", "asked") ?? same(this.#error, error),
    "task.timed_out": ({ error }) => this.#ends() ?? same(this.#error, error),
    "task.cancelled": ({ by, reason, wasPaused }) => {
      const paused = this.#from("pausing", "paused");
      const { cancelledBy } = this.#task;
      return this.#ends() ?? same([by, reason, wasPaused], [cancelledBy?.by, cancelledBy?.reason, paused]);
    },
    "step.completed": ({ name, ms }) => this.#ofRun() ?? this.#step(name) ?? (ms < 0 ? "took less than no time" : null),
    "step.retrying": ({ name, error, tries }) => {
      // A cleanup asks for the task that it is about.
      if (this.#task.kind === "waybill.cleanup" && error.code === "unavailable") return this.#ofRun();
      const fits = [...this.#ops.values()].some(
        (op) => op.op === "step" && op.name === name && tries <= op.failures && tries <= op.retries && !op.fatal,
      );
      return fits && error.code === "planned" && error.step === name ? this.#ofRun() : "has no such try";
    },
    "step.failed": ({ name, error }) =>
      this.#ofRun() ?? this.#step(name) ?? (error.step === name ? null : "names another step"),
    "output.delta": ({ text, agent, step }) => {
      const said = (this.#texts.get(agent) ?? "") + text;
      this.#texts.set(agent, said);
      if (step !== agent || !TEXT.join("").startsWith(said)) return `makes "${said}"`;
      return this.#ofRun() ?? this.#made(agent, "output");
    },
    "output.restarted": ({ step }) => {
      this.#texts.set(step, "");
      return this.#ofRun() ?? this.#made(step, "output");
    },
    "artifact.updated": ({ artifact, append, last }) => {
      const [part] = artifact.parts;
      const id = part && "text" in part ? part.text : "";
      return this.#ofRun() ?? this.#made(id, "artifact") ?? same([artifact.id, append, last], ["report", true, false]);
    },
    // Also what an attempt had paid for that has lost its task since.
    "usage.recorded": ({ call }) => {
      const [id = "", , tries = "1"] = call.key.split(" ");
      const op = this.#ops.get(id);
      if (op?.op === "step" && Number(tries) > op.failures + 1) return "is of a try that cannot be";
      return this.#made(id, "usage") ?? same(call, paidCall(call.key));
    },
    "agent.started": () => "is no agent's",
    "agent.mode_changed": () => "is no agent's",
    "agent.thinking": () => "is no agent's",
    "agent.answered": () => "is no agent's",
    "agent.guarded": () => "is no agent's",
    "agent.completed": () => "is no agent's",
    "tool.invoked": () => "is no agent's",
    "tool.observed": () => "is no agent's",
    "budget.threshold": () => "is no agent's",
    "human.acted": () => "is nobody's work",
    "human.overdue": () => "is nobody's work",
    "human.commented": () => "is nobody's work",
    "human.attached": () => "is nobody's work",
    "human.detached": () => "is nobody's work",
  };

  /** Whenever a child asks, whatever the task itself does. */
  #asksForChild(until: number | null): string | null {
    if (this.#from("new", "queued", "ended")) return `follows on ${this.#standing}`;
    if (this.#from("running", "waiting")) this.#standing = "asked";
    this.#relays = true;
    return until === null ? null : "limits the time of a child's question";
  }

  /** Runs that go on after a wait, a pause or a crash are none of their own, but for those that a worker claims. */
  get #tries(): number {
    return this.#task.queue === null ? Math.min(this.#attempt, this.#failures + 1) : this.#attempt;
  }

  get #error(): unknown {
    return "error" in this.#task ? this.#task.error : null;
  }

  /** What a worker hands in late counts as long as nobody has claimed it since. */
  get #late(): Standing[] {
    return this.#task.kind === "external" ? ["waiting"] : [];
  }

  #from(...standings: Standing[]): boolean {
    return standings.includes(this.#standing);
  }

  /** What only a run writes, while it runs or comes to rest. */
  #ofRun(): string | null {
    if (this.#from("asked")) this.#standing = "running";
    return this.#from("running", "pausing") ? null : `follows on ${this.#standing}`;
  }

  #ends(...from: Standing[]): string | null {
    const wrong = this.#from("new", "ended") || (from.length > 0 && !this.#from(...from));
    const standing = this.#standing;
    this.#standing = "ended";
    return wrong ? `follows on ${standing}` : null;
  }

  /** Whether the program has a call of this id with such an effect. */
  #made(id: unknown, what: "emit" | "details" | "artifact" | "usage" | "progress" | "output"): string | null {
    const op = typeof id === "string" ? this.#ops.get(id) : undefined;
    if (op?.op === "broken" && what === "emit") return null;
    if (op?.op === "step" ? op.effects[what] : op?.op === "effect" && op.what === what) return null;
    return this.#program ? `is of ${String(id)}, which makes no such thing` : null;
  }

  #step(name: string): string | null {
    const isOne = [...this.#ops.values()].some(
      (op) => (op.op === "step" || op.op === "broken" || op.op === "crash") && op.name === name,
    );
    return isOne || this.#task.kind === "waybill.cleanup" ? null : `is of no step of the program`;
  }
}

/** The texts of what the children of a program ask, and theirs. */
function* questionsBelow(ops: readonly Op[]): Generator<string> {
  for (const op of walk(ops)) {
    if (op.op !== "child") continue;
    for (const below of walk(op.program.ops)) if (below.op === "ask") yield `What about ${below.id}?`;
    yield* questionsBelow(op.program.ops);
  }
}

/** The first thing that is wrong with the order or the content of a log; null when nothing is. */
export function wrongInLog(task: Task, program: Program | null, events: readonly TaskEvent[]): string | null {
  const reader = new LogReader(task, program);
  for (const event of events) {
    const wrong = event.task === task.id ? reader.read(event) : "is another task's";
    if (wrong) return `event ${event.seq} (${event.type} ${JSON.stringify(event.data)}) ${wrong}`;
  }
  return null;
}

/** Why a completed program did not return this; null when it may have. */
export function wrongOutput(ops: readonly Op[], output: Json): string | null {
  if (!Array.isArray(output) || output.length !== ops.length) return `returned ${JSON.stringify(output)}`;
  for (const [at, op] of ops.entries())
    if (!mayReturn(op, output[at] ?? null)) return `returned ${JSON.stringify(output[at])} from ${JSON.stringify(op)}`;
  return null;
}

function mayReturn(op: Op, value: Json): boolean {
  const field = (key: string): Json | undefined =>
    typeof value === "object" && value !== null && !Array.isArray(value) ? value[key] : undefined;
  switch (op.op) {
    case "step": {
      const code = op.hangs ? "step_timeout" : (op.fatal ? op.failures > 0 : op.failures > op.retries) && "planned";
      return code ? field("caught") === code : field("step") === op.id;
    }
    case "broken":
      return field("step") === op.id;
    case "ask":
      return field("asked") === op.name && (typeof field("answer") === "string" || op.deadlineMs !== null);
    case "child": {
      const child = field("child");
      return child === undefined ? op.caught && field("caught") !== undefined : !wrongOutput(op.program.ops, child);
    }
    case "parallel":
      return Object.entries(op.branches).every(([key, ops]) => !wrongOutput(ops, field(key) ?? null));
    case "read":
      return typeof value === "number" && value >= 0;
    case "crash":
    case "throw":
      return false;
    default:
      return value === null;
  }
}

function same(a: unknown, b: unknown): string | null {
  return JSON.stringify(a) === JSON.stringify(b) ? null : `says ${JSON.stringify(b)} in place of ${JSON.stringify(a)}`;
}
