/**
 * Who is blamed for the death of a process: a pure decision, from who was in flight, how it died, and what was known
 * before. The process may be the server, or one in which suspects run.
 *
 * A task carries its crashes until an attempt of it has come further or to rest. After `SUSPECT_AT` deaths it is a
 * suspect, and suspects are parted into halves with every death. From then on a death counts for a task alone, and only
 * when it is known to be no kill from outside: whoever dies `ALONE_MAX` times alone fails, by the step that ran. The last
 * of these is proof: nobody was beside it then who had been in flight at an earlier death.
 */
import type { TaskId } from "../../../task/id.ts";
import type { Failure } from "../../../task/task.ts";
import { type Flight, type LastEnd, mayBlame } from "./crash-record.ts";

const SUSPECT_AT = 2;
const ALONE_MAX = 3;

/** `innocent` goes on at once, a `suspect` apart from others, and `guilty` fails with `error`. */
export type Verdict =
  | { is: "innocent" | "suspect"; crashes: number }
  | { is: "guilty"; crashes: number; error: Failure };

/** A task that may have been in flight, and the crashes that it carried before. */
export type Accused = { id: TaskId; crashes: number };

type Death = Pick<LastEnd, "how" | "said" | "culprit" | "flights">;

export function isSuspect(crashes: number): boolean {
  return crashes >= SUSPECT_AT;
}

/** How often its process died while no other suspect was in it, and how often that may be. */
export function aloneOf(crashes: number): { times: number; max: number } {
  return { times: Math.max(0, crashes - SUSPECT_AT), max: ALONE_MAX };
}

/** One more death alone would make it guilty. */
export function isAccused(crashes: number): boolean {
  return crashes >= SUSPECT_AT + ALONE_MAX - 1;
}

/**
 * What the death says of each task. Those that were not in flight stay what they were. In the server, others than
 * suspects run beside one that is alone among suspects; `apart`, in a process of suspects, alone is alone. One of those
 * others that comes further between its crashes is no suspect, and may be the culprit: it is none if this was its first
 * attempt.
 */
export function judge(accused: readonly Accused[], death: Death, apart = false): Map<TaskId, Verdict> {
  const flights = new Map(death.flights.map((flight) => [flight.task, flight]));
  const suspects = accused.filter(({ id, crashes }) => flights.has(id) && isSuspect(crashes));
  const isLone = suspects.length === 1 && !(apart && flights.size > 1);
  const lone = isLone ? suspects[0]?.id : undefined;
  return new Map(
    accused.map(({ id, crashes }) => {
      const flight = flights.get(id);
      const isBlamed = flight !== undefined && mayBlame(death.how);
      if (!isBlamed || (death.culprit && death.culprit.task !== id)) return [id, verdictOf(crashes)];
      const isAlone = death.how === "own" && (death.culprit !== null || lone === id);
      const isProof =
        death.culprit !== null || death.flights.every(({ task, attempt }) => task === id || attempt === 1);
      if (isAlone && (isProof || !isAccused(crashes)))
        return [id, verdictOf(Math.max(crashes, SUSPECT_AT) + 1, flight, death)];
      return [id, verdictOf(Math.max(crashes, Math.min(crashes + 1, SUSPECT_AT)))];
    }),
  );
}

function verdictOf(crashes: number, flight?: Flight, death?: Death): Verdict {
  if (!flight || !death || crashes < SUSPECT_AT + ALONE_MAX)
    return { is: isSuspect(crashes) ? "suspect" : "innocent", crashes };
  const steps = death.culprit ? [death.culprit.step].filter((name) => name !== null) : flight.steps;
  const step = steps.length === 1 ? steps[0] : undefined;
  const who = whoOf(step, steps);
  const message = `${who} ended its process ${ALONE_MAX} times, and no other task did. The last time: ${death.said}`;
  return { is: "guilty", crashes, error: { code: "step_crashed", message, ...(step !== undefined && { step }) } };
}

function whoOf(step: string | undefined, steps: readonly string[]): string {
  if (step !== undefined) return `Step "${step}"`;
  if (steps.length === 0) return "The code of the handler outside of its steps";
  return `One of the steps ${steps.map((name) => `"${name}"`).join(", ")}`;
}

/** A group of suspects in two, or as it is when it is one. */
export function halves<Item>(group: readonly Item[]): Item[][] {
  if (group.length < 2) return group.length === 0 ? [] : [[...group]];
  const middle = Math.ceil(group.length / 2);
  return [group.slice(0, middle), group.slice(middle)];
}

/**
 * The groups in which suspects go on one after the other, where they cannot have a process of their own: those first
 * that were in flight when it died last, in halves, and then the rest.
 */
export function trialsOf(suspects: readonly TaskId[], { flights }: Pick<LastEnd, "flights">): TaskId[][] {
  const flown = new Set(flights.map(({ task }) => task));
  const rest = suspects.filter((id) => !flown.has(id));
  return [...halves(suspects.filter((id) => flown.has(id))), ...(rest.length > 0 ? [rest] : [])];
}
