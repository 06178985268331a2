/** How much live text the last try of a step has told. */
import { Damaged } from "../../store/damage.ts";
import type { TaskEvent } from "../../task/events/event.ts";

const EVENTS_PAGE = 1_000;

/** In bytes, by the log up to `lastSeq`. */
export async function saidOf(
  step: string,
  lastSeq: number,
  read: (after: number, limit: number) => Promise<TaskEvent[]>,
): Promise<number> {
  let bytes = 0;
  try {
    for (let after = 0; after < lastSeq; ) {
      const events = await read(after, EVENTS_PAGE);
      for (const event of events) bytes = saidBy(event, step, bytes);
      after = events.at(-1)?.seq ?? lastSeq;
    }
  } catch (error) {
    // A log that cannot be read ends no task over a sum: what it has not told is not counted.
    if (!(error instanceof Damaged)) throw error;
    return 0;
  }
  return bytes;
}

/** How many bytes of live text its try has told after this event. */
function saidBy(event: TaskEvent, step: string, before: number): number {
  if (event.custom) return before;
  if (event.type === "output.delta")
    return event.data.step === step ? before + Buffer.byteLength(event.data.text) : before;
  if (event.type === "output.restarted") return event.data.step === step ? 0 : before;
  const ends = event.type === "step.completed" || event.type === "step.failed" || event.type === "step.retrying";
  return ends && event.data.name === step ? 0 : before;
}
