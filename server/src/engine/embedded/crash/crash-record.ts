/**
 * What is in flight in this process, kept where it outlives the process, and what the process before this one has left
 * there: who was in flight when it ended, and how it ended as far as that can be known.
 */
import type { TaskId } from "../../../task/id.ts";
import type { Place } from "../../execution/current-place.ts";

/** One attempt in flight, and the names of its steps whose bodies run. */
export type Flight = { task: TaskId; attempt: number; steps: string[] };

/**
 * `clean`: it stopped in good order. `outside`: somebody told it to end. `power`: the machine has started anew. `own`:
 * its own code ended it. `unknown`: a kill or a fault of memory, which look alike from within.
 */
export type HowItEnded = "clean" | "outside" | "power" | "own" | "unknown";

export type LastEnd = {
  how: HowItEnded;
  /** The same in words, for the log. */
  said: string;
  /** Whose code it was, where that is known. */
  culprit: Place | null;
  flights: readonly Flight[];
  /** Deaths by its own code or an unknown cause in a row, this one included. */
  deaths: number;
};

export interface CrashRecord {
  /** What the process before has left. It stays until `begin`. */
  last(): LastEnd;
  /** Begins the record of this process in the place of the last one's, once what that one says is taken care of. */
  begin(): void;
  /** Resolves once it would be known after a death: no code of the run runs before that. */
  runBegins(task: TaskId, attempt: number): Promise<void>;
  /** The same for the body of a step. */
  stepBegins(task: TaskId, step: string): Promise<void>;
  stepEnded(task: TaskId, step: string): void;
  runEnded(task: TaskId): void;
  /** This process is about to end. What is said first counts, except that `clean` comes last. */
  ends(how: HowItEnded, said: string, culprit?: Place | null): void;
}

/** Whether somebody who was in flight may have caused it. */
export function mayBlame(how: HowItEnded): boolean {
  return how === "own" || how === "unknown";
}

export const FIRST_START: LastEnd = { how: "clean", said: "There was none.", culprit: null, flights: [], deaths: 0 };

type Ended = Pick<LastEnd, "how" | "said" | "culprit">;

/** The end of a process that could say nothing. */
export const KILLED: Ended = { how: "unknown", said: "It was killed, or died of a fault.", culprit: null };

/** Records in memory, for processes that are simulated: each process has one, and finds what the last has left. */
export class CrashMemory {
  #flights = new Map<TaskId, Flight>();
  #ended: Ended | null = null;
  #deaths = 0;
  #lives = 0;
  #isFirst = true;

  /** The record of the next process. What an earlier one still says is heard by nobody. */
  next(): CrashRecord {
    const life = ++this.#lives;
    const isAlive = () => this.#lives === life;
    const last = this.#last();
    return {
      last: () => last,
      begin: () => isAlive() && this.#begin(last),
      runBegins: async (task, attempt) => void (isAlive() && this.#flights.set(task, { task, attempt, steps: [] })),
      stepBegins: async (task, step) => void (isAlive() && this.#flights.get(task)?.steps.push(step)),
      stepEnded: (task, step) => {
        const flight = isAlive() ? this.#flights.get(task) : undefined;
        if (flight) removeOne(flight.steps, step);
      },
      runEnded: (task) => void (isAlive() && this.#flights.delete(task)),
      ends: (how, said, culprit = null) => {
        if (isAlive() && (this.#ended === null || how === "clean")) this.#ended = { how, said, culprit };
      },
    };
  }

  #last(): LastEnd {
    if (this.#isFirst) return FIRST_START;
    const ended: Ended = this.#ended ?? KILLED;
    const deaths = mayBlame(ended.how) ? this.#deaths + 1 : 0;
    return { ...ended, flights: [...this.#flights.values()], deaths };
  }

  #begin(last: LastEnd): void {
    this.#deaths = last.deaths;
    this.#isFirst = false;
    this.#flights = new Map();
    this.#ended = null;
  }
}

/** Takes one of several equal names out of a list. */
export function removeOne(names: string[], name: string): void {
  const at = names.indexOf(name);
  if (at >= 0) names.splice(at, 1);
}
