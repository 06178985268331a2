/** How often each call of a completed program must have told of itself, and in which order: every step, try and pause. */
import type { TaskEvent } from "../../src/task/events/event.ts";
import { type Op, type Program, walk } from "./program.ts";

/** The first call that has told of itself too often or too seldom; null when there is none. */
export function wrongCounts(program: Program, events: readonly TaskEvent[]): string | null {
  const expected = { completed: new Map<string, number>(), retrying: new Map<string, number>() };
  let failed = 0;
  for (const op of walk(program.ops)) {
    if (op.op === "broken") add(expected.completed, op.name, 1);
    if (op.op !== "step") continue;
    const fails = failsFor(op);
    if (fails) failed += 1;
    else add(expected.completed, op.name, 1);
    add(expected.retrying, op.name, op.hangs || op.fatal ? 0 : Math.min(op.failures, op.retries));
  }
  const told = { completed: new Map<string, number>(), retrying: new Map<string, number>() };
  let gaveUp = 0;
  for (const event of events) {
    if (event.custom) continue;
    if (event.type === "step.completed") add(told.completed, event.data.name, 1);
    if (event.type === "step.retrying") add(told.retrying, event.data.name, 1);
    if (event.type === "step.failed" && event.data.error.code !== "broken") gaveUp += 1;
  }
  // What the code throws right after a failure that it caught stands for that one, which is then done afresh.
  // A retry that is a new task knows nothing of tries that did not end.
  const isRetry = new Set(events.map(({ task }) => task)).size > 1;
  const mayRepeat = isRetry || [...walk(program.ops)].some(({ op }) => op === "flaky");
  if (mayRepeat ? gaveUp < failed : gaveUp !== failed) return `${gaveUp} steps failed in place of ${failed}`;
  for (const what of ["completed", "retrying"] as const)
    for (const name of new Set([...expected[what].keys(), ...told[what].keys()])) {
      const [is, should] = [told[what].get(name) ?? 0, expected[what].get(name) ?? 0];
      if (mayRepeat && what === "retrying" ? is < should : is !== should)
        return `${is} events step.${what} of "${name}" in place of ${should}`;
    }
  return null;
}

/** A pause of the code after which its task went on unasked; null when there is none. */
export function wrongPauses(program: Program, events: readonly TaskEvent[]): string | null {
  const own = [...walk(program.ops)].filter(({ op }) => op === "pause").length;
  const asked = events.filter((event) => !event.custom && event.type === "task.pausing" && event.data.by === "waybill");
  if (asked.length > own) return `it paused ${asked.length} times for ${own} pauses of its code`;
  const places = placesOf(program);
  for (const [at, op] of program.ops.entries()) {
    if (op.op !== "pause") continue;
    const placeOf = (event: TaskEvent) => places.get(callOf(event)) ?? Number.NaN;
    const before = events.findLastIndex((event) => placeOf(event) < at);
    const after = events.findIndex((event) => placeOf(event) > at || event.type === "task.completed");
    const between = events.slice(before + 1, after);
    if (!between.some(({ type }) => type === "task.resumed")) return `it went on after its pause ${op.id} by itself`;
  }
  return null;
}

/** What came of the calls one after the other comes in their order. */
export function wrongOrder(program: Program, events: readonly TaskEvent[]): string | null {
  const places = placesOf(program);
  let last = 0;
  for (const event of events) {
    const at = places.get(callOf(event));
    if (at === undefined) continue;
    if (at < last) return `event ${event.seq} (${event.type}) of call ${at} comes after one of call ${last}`;
    last = at;
  }
  return null;
}

/** Where each call stands in the row of calls that come one after the other. */
function placesOf(program: Program): Map<string, number> {
  const places = new Map<string, number>();
  for (const [at, op] of program.ops.entries()) for (const each of walk([op])) places.set(each.id, at);
  return places;
}

/** The id of the call that an event tells of, where it can be known. */
function callOf(event: TaskEvent): string {
  if (event.custom) return String(event.data["id"]);
  if (event.type === "step.completed") return event.data.name;
  if (event.type === "output.delta") return event.data.agent;
  const part = event.type === "artifact.updated" ? event.data.artifact.parts[0] : undefined;
  return part && "text" in part ? part.text : "";
}

function failsFor(op: Op & { op: "step" }): boolean {
  return op.hangs || (op.fatal ? op.failures > 0 : op.failures > op.retries);
}

function add(counts: Map<string, number>, name: string, count: number): void {
  counts.set(name, (counts.get(name) ?? 0) + count);
}
