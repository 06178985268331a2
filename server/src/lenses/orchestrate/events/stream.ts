/**
 * The events of a run as they come. The protocol names the type of server-sent events and sends none: each line is the JSON
 * of one event, and nothing else may be between the lines. A stream never steers what it shows: closing it leaves the run
 * alone, and so does the end of its time.
 */
import type { Principal } from "../../../task/principal.ts";
import type { Task } from "../../../task/task.ts";
import type { Tasks } from "../../../verbs/tasks.ts";
import { isLong } from "../../body/json-body.ts";
import type { EventStream } from "../../lens-parts.ts";
import { oneLine, oneLineInTurns } from "../../one-line.ts";
import type { TimedOut } from "../vocabulary.ts";
import { liveEvents, type Since } from "./log.ts";

/** A stream is open for at most this long, whatever a client asks for. */
const STREAM_MS_MAX = 86_400_000;

export type StreamedRun = { principal: Principal; task: Task; since: Since; timedOut: TimedOut };

/** Ends with the run, where the run goes on elsewhere, or after `ms`. */
export function eventStream(tasks: Pick<Tasks, "follow">, run: StreamedRun, ms: number): EventStream {
  return {
    headers: {},
    opening: "",
    heartbeat: "",
    heartbeatMs: Number.POSITIVE_INFINITY,
    frames: (signal) => linesOf(tasks, run, withTime(signal, ms)),
  };
}

/** Fires with `signal`, and after `ms`. */
export function withTime(signal: AbortSignal, ms: number): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(Math.min(ms, STREAM_MS_MAX))]);
}

async function* linesOf(
  tasks: Pick<Tasks, "follow">,
  { principal, task, since, timedOut }: StreamedRun,
  signal: AbortSignal,
): AsyncGenerator<string> {
  for await (const events of liveEvents(tasks, principal, task, { since, timedOut, signal })) {
    let lines = "";
    for (const event of events) {
      if (!isLong(event)) lines += `${oneLine(JSON.stringify(event))}\n`;
      else {
        if (lines !== "") yield lines;
        lines = "\n";
        yield* oneLineInTurns(event);
      }
    }
    if (lines !== "") yield lines;
  }
}
