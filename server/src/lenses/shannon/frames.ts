/** Server-sent events of the wire: its names for them, their bytes, where a stream is resumed and what is left out. */
import type { TaskEvent } from "../../task/events/event.ts";
import { isLong } from "../body/json-body.ts";
import { oneLine, oneLineInTurns } from "../one-line.ts";
import { WIRE_EVENTS_MAX } from "./events.ts";
import type { WireEvent } from "./schema.ts";

/** Names on the stream that differ from the type inside. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ["LLM_PARTIAL", "thread.message.delta"],
  ["LLM_OUTPUT", "thread.message.completed"],
  ["ERROR_OCCURRED", "error"],
  ["STREAM_END", "done"],
  ["WORKFLOW_PAUSING", "workflow.pausing"],
  ["WORKFLOW_PAUSED", "workflow.paused"],
  ["WORKFLOW_RESUMED", "workflow.resumed"],
  ["WORKFLOW_CANCELLING", "workflow.cancelling"],
  ["WORKFLOW_CANCELLED", "workflow.cancelled"],
]);

/** Not kept for the list of events: live text is only on the stream. */
export function isListed(event: WireEvent): boolean {
  return event.type !== "LLM_PARTIAL";
}

export function isEnd(event: WireEvent): boolean {
  return event.type === "STREAM_END";
}

/** A whole frame. Its text is kept on the identity of the event, which all followers of a task share. */
export function frameOf(event: WireEvent): string {
  const known = frames.get(event);
  if (known !== undefined) return known;
  const frame = `${headOf(event)}${isEnd(event) ? "[DONE]" : oneLine(JSON.stringify(dataOf(event)))}\n\n`;
  frames.set(event, frame);
  return frame;
}
const frames = new WeakMap<WireEvent, string>();

/** Its frame is one for `frameInPieces`. */
export function isLongFrame(event: WireEvent): boolean {
  return !frames.has(event) && isLong(event);
}

export async function* frameInPieces(event: WireEvent): AsyncIterable<string> {
  yield headOf(event);
  yield* oneLineInTurns(dataOf(event));
  yield "\n\n";
}

function headOf({ stream_id, type }: WireEvent): string {
  return `id: ${stream_id}\nevent: ${NAMES.get(type) ?? type}\ndata: `;
}

/** Mapped objects carry no `type`: clients would take it for the event's name. `message` is what some of them read alone. */
function dataOf(event: WireEvent): object {
  const { type, payload = {}, message = "" } = event;
  const { workflow_id, seq, stream_id, timestamp } = event;
  const common = { workflow_id, agent_id: event.agent_id ?? "", seq, stream_id, timestamp, message };
  switch (type) {
    case "LLM_PARTIAL":
      return { delta: message, ...common };
    case "LLM_OUTPUT":
      return { response: message, ...common, metadata: payload };
    case "WORKFLOW_PAUSING":
    case "WORKFLOW_RESUMED":
    case "WORKFLOW_CANCELLING":
    case "WORKFLOW_PAUSED":
    case "WORKFLOW_CANCELLED":
      return { ...common, ...payload };
    default:
      return event;
  }
}

/** The point after which a stream goes on. A sequence number alone has no time. */
export type ResumePoint = { at: number | null; seq: number };

export const FROM_THE_START: ResumePoint = { at: null, seq: 0 };

/** Reads `<unix ms>-<n>` or `<seq>`; null for anything else. */
export function resumePointOf(id: string): ResumePoint | null {
  const [, at, seq] = /^(?:(\d{1,15})-)?(\d{1,15})$/.exec(id) ?? [];
  if (seq === undefined) return null;
  return { at: at === undefined ? null : Number(at), seq: Number(seq) };
}

/** Stream ids are compared by their time first, so that a point which no event of the task has still means one. */
export function isAfter(event: WireEvent, point: ResumePoint): boolean {
  return isBehind(point.at === null ? 0 : Date.parse(event.timestamp), event.seq, point);
}

/** So is all that comes of these events. */
export function areAfter(events: readonly TaskEvent[], point: ResumePoint): boolean {
  return events.every(({ at, seq }) => isBehind(at, seq * WIRE_EVENTS_MAX, point));
}

function isBehind(at: number, seq: number, point: ResumePoint): boolean {
  return point.at === null || at === point.at ? seq > point.seq : at > point.at;
}

export const everything = (): boolean => true;

/** Which events a reader wants, by either of their names. An end is always wanted. */
export function wantedBy(types: string | undefined): (event: WireEvent) => boolean {
  const names = new Set((types ?? "").split(",").flatMap((name) => name.trim() || []));
  if (names.size === 0) return everything;
  return (event) => isEnd(event) || names.has(event.type) || names.has(NAMES.get(event.type) ?? event.type);
}
