/** Turns a `Write` into what a database takes: all JSON is made here, in the caller's thread. */
import type { AuditEntry } from "../../task/audit.ts";
import { originText } from "../../task/audit-line.ts";
import type { MessageDraft } from "../../task/conversation.ts";
import type { TaskId } from "../../task/id.ts";
import type { Json } from "../../task/json/json.ts";
import { awaitedBy, waitsOn } from "../../task/open-task.ts";
import { keptBytes, keptIn } from "../../task/part.ts";
import { isTerminal } from "../../task/states.ts";
import { dueAt, NO_USAGE, type Task } from "../../task/task.ts";
import { addUsage, type UsageCall } from "../../task/usage.ts";
import type { DocumentWrite } from "../document-write.ts";
import type { JournalEntry, Write } from "../write.ts";
import { addedUsage } from "./daily-usage.ts";
import { documentValues, memberValues, vectorStoreValues } from "./document-rows.ts";
import { humanRows } from "./human-rows.ts";
import { storedBytes } from "./marker.ts";
import type {
  Noted,
  PreparedAudit,
  PreparedClaim,
  PreparedDocumentWrite,
  PreparedMessage,
  PreparedSchedule,
  PreparedSubmission,
  PreparedWrite,
} from "./prepared.ts";
import { searchableMetadata } from "./searchable-metadata.ts";
import { isLarge, type Spill } from "./spill.ts";
import { subscriptionBytes, subscriptionValues } from "./subscription-values.ts";
import { fixedOf, reasonsText, recordOf } from "./task-row.ts";

/** What a task takes in its rows and their indexes, beside its values. */
const TASK_BYTES = 1_024;
/** What an event, an entry of a journal or an inbox and a part of an artifact take beside their values: a pause with its resume 100 for 24. */
const ROW_BYTES = 64;
/** What an idempotency key takes beside its names, which are in its row and in an index. */
const KEY_BYTES = 128;
const NONE: readonly never[] = [];

export function prepareWrite(write: Write, spill: Spill): PreparedWrite {
  const { task, before } = write;
  const prepared: PreparedWrite = {
    id: task.id,
    before: before && [before.revision, before.state, before.attempt],
    row: [
      task.state,
      task.revision,
      task.attempt,
      task.lastSeq,
      task.progress,
      task.endedAt,
      task.deletedAt,
      recordOf(task),
      task.state === "completed" ? spill.value(task.output) : null,
    ],
    at: task.updatedAt,
    bytes: 0,
    spent: [task.usage.inputTokens, task.usage.outputTokens, task.usage.costUsd],
    events: write.events.map((event) => [event.seq, event.at, event.type, spill.value(event.data)]),
  };
  const schedule = scheduleOf(task);
  if (schedule) prepared.schedule = schedule;
  if (before === null) {
    prepared.submitted = submissionOf(task, spill);
    for (const sha256 of keptIn(task.input)) spill.name(sha256);
    prepared.bytes = TASK_BYTES + keptBytes(task.input);
    const claim = claimOf(task);
    if (claim) prepared.claim = claim;
    Object.assign(prepared, chosenBy(task));
  }
  if (write.share) prepared.share = [write.share.day, write.share.user, write.share.tenant, write.share.of];
  if (write.turn && task.conversation !== null) prepared.turn = [write.turn, task.conversation];
  if (write.journal?.length) {
    prepared.journal = write.journal.map((entry) => prepareEntry(entry, spill));
  }
  if (write.taken?.length) prepared.taken = write.taken;
  if (write.inbox) {
    const { messageId, prompt, question, value, by, at, taken, answer } = write.inbox;
    const given = answer === undefined ? null : spill.value(answer);
    const stored = spill.value(value);
    prepared.inbox = [messageId, prompt, question, stored, by, at, taken ? 1 : 0, given, storedBytes(stored)];
    for (const sha256 of keptIn(value)) spill.name(sha256);
  }
  if (write.usage?.length) Object.assign(prepared, paid(write.usage, task));
  if (write.artifacts?.length) {
    prepared.artifacts = write.artifacts.map((update) => ({
      id: update.id,
      append: update.append,
      record: spill.value(update),
    }));
  }
  if (write.journalOf) prepared.journalOf = write.journalOf;
  if (write.audit) prepared.audit = prepareAudit(write.audit);
  if (write.idempotency) prepared.idempotency = write.idempotency;
  if (write.aliases?.length) prepared.aliases = write.aliases;
  if (write.subscriptions?.length) prepared.subscriptions = write.subscriptions.map(subscriptionValues);
  Object.assign(prepared, humanRows(write));
  if (write.documents) prepared.documents = prepareDocuments(write.documents, task.id);
  prepared.bytes += spill.takeBytes() + bytesBesideValues(prepared);
  const files = spill.takeNamed();
  if (files.length > 0) prepared.files = files;
  if (write.conversation) {
    const { conversation, alias } = write.conversation;
    prepared.conversation = { conversation, context: JSON.stringify(conversation.context), alias };
  }
  if (write.messages?.length) {
    prepared.messages = write.messages.map((draft) => prepareMessage(draft, spill, write.events));
  }
  // They count for their conversation.
  spill.takeBytes();
  const messageFiles = spill.takeNamed();
  if (messageFiles.length > 0) prepared.messageFiles = messageFiles;
  return prepared;
}

function prepareEntry(entry: JournalEntry, spill: Spill): NonNullable<PreparedWrite["journal"]>[number] {
  return [
    entry.branch,
    entry.position,
    entry.name,
    entry.occurrence,
    entry.kind,
    entry.state,
    entry.tries,
    entry.at,
    entry.durationMs,
    spill.value(entry.result),
    entry.error === null ? null : JSON.stringify(entry.error),
    entry.usage === null ? null : JSON.stringify(entry.usage),
    entry.trace === null ? null : JSON.stringify(entry.trace),
  ];
}

/** The large values of these writes, each as `prepareWrite` asks the spill for it. */
export function largeValues(writes: readonly Write[]): unknown[] {
  const values: unknown[] = [];
  for (const { task, before, events, journal, artifacts, inbox, messages } of writes) {
    if (task.state === "completed") values.push(task.output);
    if (before === null) values.push(task.input);
    for (const { data } of events) values.push(data);
    if (journal) for (const { result } of journal) values.push(result);
    if (artifacts) for (const artifact of artifacts) values.push(artifact);
    if (inbox) values.push(inbox.value, inbox.answer);
    if (messages) for (const { parts } of messages) values.push(parts);
  }
  return values.filter(isLarge);
}

/** `events` are those that it may have come with. */
export function prepareMessage(draft: MessageDraft, spill: Spill, events: Write["events"] = []): PreparedMessage {
  const { role, parts, id = null, seq = null, purpose = null, metadata } = draft;
  const at = events.find((event) => event.seq === seq)?.at;
  const said = { role, parts: spill.value(parts), id, seq, purpose, ...(at !== undefined && { at }) };
  return { ...said, metadata: metadata ? JSON.stringify(metadata) : null };
}

/** `task` becomes the last task of what is new. */
export function prepareDocuments(given: DocumentWrite, task: TaskId | null): PreparedDocumentWrite {
  const { document, vectorStore, members, batch, changed, named, left, removed, ofTask } = given;
  return {
    ...(document && { document: documentValues({ ...document, task }) }),
    ...(vectorStore && { vectorStore: vectorStoreValues({ ...vectorStore, task }) }),
    ...(members && { members: members.map((member) => memberValues({ ...member, task })) }),
    ...(batch && { batch: [batch.id, batch.vectorStore, batch.createdAt, task] }),
    ...(changed && { changed: prepareStoreChange(changed) }),
    ...(named && { named }),
    ...(left && { left }),
    ...(removed && { removed }),
    ...(ofTask && { ofTask }),
  };
}

export function prepareStoreChange({
  expiresAfterMs,
  metadata,
  ...rest
}: NonNullable<DocumentWrite["changed"]>): NonNullable<PreparedDocumentWrite["changed"]> {
  return {
    ...rest,
    ...(metadata && { metadata: JSON.stringify(metadata) }),
    ...(expiresAfterMs !== undefined && { expires: expiresAfterMs }),
  };
}

export function prepareAudit({ tenant, at, user, keyId, act, task, origin, detail }: AuditEntry): PreparedAudit {
  return [tenant, at, user, keyId, act, task, origin && originText(origin), JSON.stringify(detail)];
}

/** What a write brings whose act has an entry in the audit log. */
export function noted(entry: AuditEntry | undefined): Noted {
  return entry === undefined ? {} : { audit: prepareAudit(entry) };
}

function submissionOf(task: Task, spill: Spill): PreparedSubmission {
  const { tenant, user, kind, conversation, parent, createdAt } = task;
  return [tenant, user, kind, conversation, parent, createdAt, fixedOf(task), spill.value(task.input)];
}

function claimOf({ priority, concurrency, queue }: Task): PreparedClaim | undefined {
  if (priority === 0 && concurrency === null && queue === null) return undefined;
  return [priority, concurrency?.key ?? null, concurrency === null ? null : limitColumn(concurrency), queue];
}

/** Of texts that no spill has seen: what a caller has chosen at the submit and is found by, what was paid for, and who is told. */
function bytesBesideValues(prepared: PreparedWrite): number {
  const { row, submitted, metadata, usage, subscriptions, idempotency, events, journal, artifacts, inbox } = prepared;
  let bytes = ROW_BYTES * (events.length + (journal?.length ?? 0) + (artifacts?.length ?? 0) + (inbox ? 1 : 0));
  if (submitted) bytes += Buffer.byteLength(submitted[6]) + Buffer.byteLength(row[7]);
  for (const [key, value] of metadata ?? NONE) bytes += Buffer.byteLength(key + value);
  for (const [key, record] of usage ?? NONE) bytes += Buffer.byteLength(key + record);
  for (const each of subscriptions ?? NONE) bytes += subscriptionBytes(each);
  if (idempotency) bytes += KEY_BYTES + 2 * Buffer.byteLength(idempotency.scope + idempotency.key);
  return bytes;
}

/** A limit below zero is of a task that has its key to its end. */
function limitColumn({ limit, toEnd }: NonNullable<Task["concurrency"]>): number {
  return toEnd ? -limit : limit;
}

/** Nothing moves an ended task. */
function scheduleOf(task: Task): PreparedSchedule | undefined {
  if (isTerminal(task.state)) return undefined;
  const { deadlineAt, lease, waits } = task;
  const due = dueAt(task);
  if (due === null && deadlineAt === null && lease === null && waits.length === 0) return undefined;
  const awaits = awaitedBy(task);
  return [
    due,
    deadlineAt,
    lease?.worker ?? null,
    lease?.until ?? null,
    reasonsText(waitsOn(task)),
    awaits.length === 0 ? null : JSON.stringify(awaits),
  ];
}

/** What is found by and chosen by, beside what every submit has. */
function chosenBy(task: Task): Pick<PreparedWrite, "metadata" | "agent"> {
  const metadata = searchableMetadata(task.metadata);
  const agent = agentIn(task.input);
  return { ...(metadata.length > 0 && { metadata }), ...(agent !== null && { agent }) };
}

/** Tasks of kind `agent` and `remote_agent` say so. */
function agentIn(input: Json): string | null {
  if (input === null || typeof input !== "object" || Array.isArray(input)) return null;
  return typeof input["agent"] === "string" ? input["agent"] : null;
}

/** Paid calls, and what they add to the tasks above. */
function paid(calls: readonly UsageCall[], task: Task): Pick<PreparedWrite, "usage" | "daily" | "below"> {
  const { parent } = task;
  const usage = calls.map((call): [string, string] => [call.key, JSON.stringify(call)]);
  const daily = addedUsage(task, task.updatedAt, calls);
  if (parent === null) return { usage, daily };
  const sum = calls.reduce(addUsage, NO_USAGE);
  const spent: NonNullable<PreparedWrite["below"]>["spent"] = [
    sum.calls,
    sum.inputTokens,
    sum.outputTokens,
    sum.costUsd,
    sum.unpricedCalls,
    sum.estimatedCalls ?? 0,
  ];
  return { usage, daily, below: { parent, spent } };
}
