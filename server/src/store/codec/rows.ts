/** The door for every row that is not a task's: what comes out has been checked. */
import { z } from "zod";
import { type ArtifactSize, type ArtifactUpdate, artifactUpdate } from "../../task/artifact.ts";
import type { AuditRecord } from "../../task/audit.ts";
import { eventDraft, type TaskEvent } from "../../task/events/event.ts";
import { type Json, type JsonObject, storedJson } from "../../task/json/json.ts";
import { stepTrace } from "../../task/step.ts";
import { type Failure, failure, type UsageTotals, usageTotals } from "../../task/task.ts";
import { type RecordedCall, usageCall } from "../../task/usage.ts";
import type { InboxItem, JournalEntry } from "../store.ts";
import { maybeNumber, maybeText, number, text, time } from "./cells.ts";
import { parseTolerantly } from "./tolerant.ts";

/** Turns a stored text into its value, from the files when it was spilled there. */
export type Resolve = (stored: string, tenant?: string) => Promise<Json>;

const replayRow = z.tuple([text, text]);
export function replayOf(row: unknown): { task: string; hash: string } {
  const [task, hash] = replayRow.parse(row);
  return { task, hash };
}

const taskAliasRow = z.tuple([text, text]);
export function taskAliasOf(row: unknown): [task: string, value: string] {
  return taskAliasRow.parse(row);
}

const eventRow = z.tuple([number, time, text, text]);
export async function eventOf(task: string, row: unknown, resolve: Resolve): Promise<TaskEvent> {
  const [seq, at, type, data] = eventRow.parse(row);
  return { task, seq, at, ...eventDraft(type, objectOf(await resolve(data))) };
}

/** It is JSON already: to look through all of it takes 20 ms for a million values. */
function objectOf(value: Json): JsonObject {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new Error("is no JSON object");
}

const journalRow = z.tuple([
  text,
  number,
  text,
  number,
  z.enum(["step", "sleep", "input", "child", "effect", "read", "pause"]),
  z.enum(["done", "failed", "waiting", "retrying"]),
  number,
  time,
  maybeNumber,
  text,
  maybeText,
  maybeText,
  maybeText,
]);
export async function journalEntryOf(row: unknown, resolve: Resolve): Promise<JournalEntry> {
  const [branch, position, name, occurrence, kind, state, tries, at, durationMs, result, error, usage, trace] =
    journalRow.parse(row);
  return {
    branch,
    position,
    name,
    occurrence,
    kind,
    state,
    tries,
    at,
    durationMs,
    result: await resolve(result),
    error: error === null ? null : failureOf(error),
    usage: usage === null ? null : parseTolerantly(usageTotals, JSON.parse(usage)),
    trace: trace === null ? null : parseTolerantly(stepTrace, JSON.parse(trace)),
  };
}

export function failureOf(stored: string): Failure {
  return parseTolerantly(failure, JSON.parse(stored));
}

const inboxRow = z.tuple([number, text, maybeText, maybeText, text, text, time, maybeText]);
export async function inboxItemOf(row: unknown, resolve: Resolve): Promise<InboxItem> {
  const [n, messageId, prompt, question, value, by, at, answer] = inboxRow.parse(row);
  const item = { n, messageId, prompt, question, value: await resolve(value), by, at };
  return answer === null ? item : { ...item, answer: await resolve(answer) };
}

const artifactRow = z.tuple([text, number]);
export async function artifactUpdateOf(row: unknown, resolve: Resolve): Promise<{ n: number; update: ArtifactUpdate }> {
  const [record, n] = artifactRow.parse(row);
  return { n, update: parseTolerantly(artifactUpdate, await resolve(record)) };
}

const artifactBeginningRow = z.tuple([text, number]);
export function artifactBeginningOf(row: unknown): { artifact: string; n: number } {
  const [artifact, n] = artifactBeginningRow.parse(row);
  return { artifact, n };
}

const artifactSizeRow = z.tuple([text, number, number]);
export function artifactSizeOf(row: unknown): ArtifactSize & { last: number } {
  const [id, bytes, last] = artifactSizeRow.parse(row);
  return { id, bytes, last };
}

const inboxSizeRow = z.tuple([number, number]);
export function inboxSizeOf(row: unknown): { items: number; bytes: number } {
  const [items, bytes] = inboxSizeRow.parse(row);
  return { items, bytes };
}

const spentRow = z.tuple([number, number, number, z.number(), number, number]);
export function spentOf(row: unknown): UsageTotals {
  const [calls, inputTokens, outputTokens, costUsd, unpricedCalls, estimatedCalls] = spentRow.parse(row);
  return { calls, inputTokens, outputTokens, costUsd, unpricedCalls, ...(estimatedCalls > 0 && { estimatedCalls }) };
}

const usageRow = z.tuple([time, text, number]);
export function usageOf(row: unknown): { n: number; call: RecordedCall } {
  const [at, record, n] = usageRow.parse(row);
  return { n, call: { ...parseTolerantly(usageCall, JSON.parse(record)), at } };
}

const auditRow = z.tuple([number, text, time, text, text, text, maybeText, maybeText, text, text, maybeText]);
const origin = z
  .object({ address: text, lens: text, request_id: text })
  .transform(({ request_id: request, ...place }) => ({ ...place, request }));
export function auditRecordOf(row: unknown): AuditRecord {
  const [n, tenant, at, user, keyId, act, task, from, detail, previous, hash] = auditRow.parse(row);
  const said = { n, tenant, at, user, keyId, act, task, detail: storedJson.parse(JSON.parse(detail)) };
  return { ...said, origin: from === null ? null : origin.parse(JSON.parse(from)), previous, hash };
}
