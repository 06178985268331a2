/**
 * Random programs: what a simulated task does, as a tree of calls on the handler context, and what must come of it. The
 * expectation is worked out from the tree alone, so that it knows nothing of how an engine works.
 */
import type { Random } from "./random.ts";

export type StepEffects = {
  output: boolean;
  usage: boolean;
  emit: boolean;
  artifact: boolean;
  details: boolean;
  progress: boolean;
};

/** `id` is unique within the program. */
export type Op = { id: string } & (
  | {
      op: "step";
      name: string;
      /** The first tries that fail. */
      failures: number;
      retries: number;
      fatal: boolean;
      /** Never ends by itself: its time limit does. */
      hangs: boolean;
      caught: boolean;
      ticks: number;
      ms: number;
      effects: StepEffects;
    }
  | { op: "sleep"; name: string; ms: number }
  | { op: "ask"; name: string; deadlineMs: number | null }
  | { op: "child"; name: string; program: Program; caught: boolean }
  | { op: "parallel"; branches: Record<string, Op[]> }
  | { op: "pause"; name: string }
  | { op: "read"; what: "now" | "random" | "history" }
  | { op: "effect"; what: "emit" | "details" | "artifact" | "usage" | "progress" }
  /** Throws past the journal, so many times in all. */
  | { op: "flaky"; times: number }
  /** A step that fails the task, so many times in all: whoever tries the task again finds it whole at last. */
  | { op: "broken"; name: string; times: number }
  /** A step that takes its process with it, each time; or the code between steps does. */
  | { op: "crash"; name: string; outside: boolean }
  | { op: "throw"; how: "failure" | "rejected" | "error" }
);

export type Program = { ops: Op[] };

/** Failure codes that the tree itself can lead to. Empty: it completes, unless it is stopped. */
export function plannedCodes(ops: readonly Op[]): Set<string> {
  for (const op of ops) {
    const codes = codesOf(op);
    if (codes.size > 0) return codes;
  }
  return new Set();
}

function codesOf(op: Op): Set<string> {
  switch (op.op) {
    case "step":
      if (op.caught) return new Set();
      if (op.hangs) return new Set(["step_timeout"]);
      if (op.fatal ? op.failures > 0 : op.failures > op.retries) return new Set(["planned"]);
      return new Set();
    case "child":
      return op.caught ? new Set() : plannedCodes(op.program.ops);
    case "parallel": {
      const branches = Object.values(op.branches).map(plannedCodes);
      const first = branches.find((codes) => codes.size > 0);
      // A branch that crashes the process does so whatever becomes of the others.
      const crashes = branches.flatMap((codes) => [...codes]).filter((code) => code === "step_crashed");
      return new Set([...(first ?? []), ...crashes]);
    }
    case "crash":
      return new Set(["step_crashed"]);
    case "throw":
      return new Set([op.how === "error" ? "handler_error" : "thrown"]);
    default:
      return new Set();
  }
}

/** Every call of a program, its children's left out. */
export function* walk(ops: readonly Op[]): Generator<Op> {
  for (const op of ops) {
    yield op;
    if (op.op === "parallel") for (const branch of Object.values(op.branches)) yield* walk(branch);
  }
}

/** The codes of what passes with a further try of the whole task. */
export const PASSING_CODES: ReadonlySet<string> = new Set(["handler_error", "broken"]);

/** How many tries of the whole task may fail before it comes through: what one branch fails by, another may not have come to. */
export function failingTries(ops: readonly Op[]): number {
  return ops.reduce((sum, op) => sum + triesOf(op), 0);
}

function triesOf(op: Op): number {
  switch (op.op) {
    case "flaky":
    case "broken":
      return op.times;
    case "child":
      return op.caught ? 0 : failingTries(op.program.ops);
    case "parallel":
      return Object.values(op.branches).reduce((sum, branch) => sum + failingTries(branch), 0);
    default:
      return 0;
  }
}

const NAMES = ["a", "b", "c"];

export class ProgramMaker {
  readonly #random: Random;
  /** Whether some step of this world takes its process with it. */
  readonly #crashes: boolean;
  #count = 0;

  constructor(random: Random, crashes: boolean) {
    this.#random = random;
    this.#crashes = crashes;
  }

  make(depth = 0): Program {
    return { ops: this.#ops(depth, this.#random.int(1, depth === 0 ? 6 : 3)) };
  }

  #ops(depth: number, count: number): Op[] {
    return Array.from({ length: count }, () => this.#op(depth));
  }

  #op(depth: number): Op {
    const random = this.#random;
    const number = this.#count++;
    const id = `o${number}`;
    const name = random.pick(NAMES);
    if (this.#crashes && random.chance(0.04)) return { id, op: "crash", name, outside: number % 3 === 0 };
    const roll = random.int(1, 100);
    if (roll <= 39) return this.#step(id, name);
    if (roll <= 44) return { id, op: "broken", name, times: random.int(1, 2) };
    if (roll <= 52) return { id, op: "sleep", name, ms: random.pick([0, 1, 250, 5_000, 600_000]) };
    if (roll <= 60) return { id, op: "ask", name, deadlineMs: random.pick([null, null, 1_000, 300_000]) };
    if (roll <= 66 && depth < 2) return this.#child(id, name, depth);
    if (roll <= 76 && depth < 2) return this.#parallel(id, depth);
    if (roll <= 79) return { id, op: "pause", name };
    if (roll <= 85) return { id, op: "read", what: random.pick(["now", "random", "history"]) };
    if (roll <= 96)
      return { id, op: "effect", what: random.pick(["emit", "details", "artifact", "usage", "progress"]) };
    if (roll <= 98) return { id, op: "flaky", times: random.int(1, 2) };
    return { id, op: "throw", how: random.pick(["failure", "rejected", "error"]) };
  }

  #child(id: string, name: string, depth: number): Op {
    const program = this.make(depth + 1);
    return { id, op: "child", name, program, caught: this.#random.chance(0.3) };
  }

  #step(id: string, name: string): Op {
    const random = this.#random;
    const fails = random.chance(0.25);
    const retries = random.int(0, 3);
    const output = random.chance(0.3);
    return {
      id,
      op: "step",
      // Text is told apart by the name of its step.
      name: output ? id : name,
      failures: fails ? random.int(1, retries + (random.chance(0.1) ? 1 : 0)) : 0,
      retries,
      fatal: fails && random.chance(0.05),
      hangs: random.chance(0.02),
      caught: random.chance(0.3),
      ticks: random.int(0, 12),
      ms: random.pick([0, 0, 0, 50, 2_000]),
      effects: {
        output,
        usage: random.chance(0.3),
        emit: random.chance(0.3),
        artifact: random.chance(0.2),
        details: random.chance(0.2),
        progress: random.chance(0.2),
      },
    };
  }

  #parallel(id: string, depth: number): Op {
    const keys = ["x", "y", "z"].slice(0, this.#random.int(1, 3));
    return {
      id,
      op: "parallel",
      branches: Object.fromEntries(keys.map((key) => [key, this.#ops(depth + 1, this.#random.int(1, 3))])),
    };
  }
}
