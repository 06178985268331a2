/**
 * The trace that a task is part of, in the terms of W3C Trace Context: whoever calls names one, and what the task sets off
 * elsewhere goes on with it. It is kept with the task, so that it is the same after any restart. Pure.
 */
import { z } from "zod";
import { type TaskId, uuidFromTaskId } from "./id.ts";

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const STATE_CHARACTERS_MAX = 512;
const SAMPLED = 1;

export const trace = z.strictObject({
  id: z.string(),
  /** The span that the task belongs to; null where it is the first of its trace. */
  parent: z.string().nullable(),
  sampled: z.boolean(),
  /** The task is a span of its own. Without, what it sets off belongs to its parent, as this server tells nobody of it. */
  own: z.boolean(),
  /** What vendors pass on beside it. */
  state: z.string().optional(),
});
export type Trace = z.infer<typeof trace>;

type Traced = { id: TaskId; trace: Trace | null };

/** What the headers of a call say; null where they say nothing, or nothing that is one. */
export function traceOf(traceparent: string, state?: string): Trace | null {
  const [, version, id = "", parent = "", flags = "", more] = TRACEPARENT.exec(traceparent) ?? [];
  if (version === undefined || version === "ff" || (version === "00" && more !== undefined)) return null;
  if (/^0+$/.test(id) || /^0+$/.test(parent)) return null;
  const kept = state !== undefined && state !== "" && state.length <= STATE_CHARACTERS_MAX ? { state } : {};
  return { id, parent, sampled: (Number.parseInt(flags, 16) & SAMPLED) === SAMPLED, own: false, ...kept };
}

/** The id of a trace that a task is the first of: that of the task. */
export function ownTraceId(id: TaskId): string {
  return uuidFromTaskId(id).replaceAll("-", "");
}

/** The id of a task's own span: the random half of the task's. */
export function spanIdOf(id: TaskId): string {
  return ownTraceId(id).slice(16);
}

/** The span that what a task sets off belongs to. */
export function parentSpanOf({ id, trace }: Traced): string | null {
  if (trace === null) return null;
  return trace.own ? spanIdOf(id) : trace.parent;
}

/** The trace of a task that this one begins. */
export function traceOfChild(parent: Traced): Trace | null {
  return parent.trace === null ? null : { ...parent.trace, parent: parentSpanOf(parent) };
}

/** The headers of a call that a task makes, or of one that is made of it; `span` is that of the call itself. */
export function traceHeaders(task: Traced, span: string | null = parentSpanOf(task)): Record<string, string> {
  return task.trace === null || span === null ? {} : headersIn(task.trace, span);
}

/** The headers of a call by its own span, or that which it belongs to. */
export function headersIn(trace: Trace, span: string): Record<string, string> {
  const traceparent = `00-${trace.id}-${span}-${trace.sampled ? "01" : "00"}`;
  return { traceparent, ...(trace.state !== undefined && { tracestate: trace.state }) };
}
