/** A task made of a submission: the one place that fills in its fields. */
import { z } from "zod";
import { type ModelLists, mustBeAllowed } from "./agent/allowed-models.ts";
import { MULTITASK_STRATEGIES } from "./agent/multitask.ts";
import type { MessageDraft } from "./conversation.ts";
import { Refusal } from "./errors.ts";
import type { Handler, Presentation } from "./handler.ts";
import type { TaskId } from "./id.ts";
import { isJson, type Json, type JsonObject, wellFormed } from "./json/json.ts";
import { part } from "./part.ts";
import { HUMAN_KIND, humanInput } from "./people/human.ts";
import { firstAssignment } from "./people/work-item.ts";
import { type QueuedTask, UNTOUCHED } from "./queued-task.ts";
import { KIND_LENGTH_MAX, NAME_LENGTH_MAX, PRIORITY_MAX, type Submission, submission } from "./submission.ts";
import { retryPolicy, type Task, TITLE_MAX } from "./task.ts";
import { titleOf } from "./text/title.ts";

const TIME_LIMIT_MS_MAX = 100 * 366 * 86_400_000;

export type NewTask = {
  handler: Handler;
  /** That of the handler, unless the task goes on from the journal of another version. */
  handlerVersion?: number;
  tenant: string;
  user: string;
  lens: string;
  conversation: string | null;
  parent: TaskId | null;
  retryOf: TaskId | null;
  /** Why somebody tries it again: for its log. */
  reason?: string;
  trace?: Task["trace"];
  /** What its caller may have asked; any model when absent. */
  models?: ModelLists;
  /** Of its caller's key. */
  tier?: string | undefined;
  /** Of people's work that goes on: the number that it is known by, and the first that had it. */
  renewed?: { number: number; first: TaskId };
  /** What the calls that a retry does not make again have told of it. */
  details?: JsonObject;
  submission: z.output<typeof submission>;
};

/**
 * Checks the input against its kind. Throws `invalid`, naming the field, and `forbidden` for a model that it may not ask.
 * `message` is what it adds to its conversation.
 */
export function newTask(
  parts: NewTask,
  id: TaskId,
  now: number,
): { task: QueuedTask; message: Omit<MessageDraft, "role"> | undefined } {
  const { handler, submission } = parts;
  const { input, title, message } = presented(handler, submission.input);
  const { deadlineMs, message: kept = {} } = submission;
  const { models = [] } = parts;
  if (models.length > 0) mustAskAllowed(handler, input, models);
  const task: QueuedTask = {
    ...UNTOUCHED,
    id,
    tenant: parts.tenant,
    user: parts.user,
    kind: handler.kind,
    handlerVersion: parts.handlerVersion ?? handler.version,
    lens: parts.lens,
    title: titleOf(title, TITLE_MAX),
    input,
    conversation: parts.conversation,
    parent: parts.parent,
    retryOf: parts.retryOf,
    trace: parts.trace ?? null,
    priority: submission.priority,
    concurrency: submission.concurrency ?? null,
    multitaskStrategy: parts.conversation === null ? null : strategyOf(handler, submission, input),
    queue: queueOf(handler, input),
    metadata: submission.metadata,
    details: parts.details ?? {},
    budget: submission.budget ?? null,
    models: models.map((list) => [...list]),
    tier: parts.tier ?? null,
    retry: submission.retry,
    createdAt: now,
    stateChangedAt: now,
    updatedAt: now,
    notBefore: submission.delayMs === undefined ? null : now + submission.delayMs,
    deadlineAt: deadlineMs === undefined ? null : now + deadlineMs,
    namedDeadlineAt: deadlineMs === undefined ? null : now + deadlineMs,
    timeLimitMs: deadlineMs === undefined ? timeLimitOf(handler, input) : null,
    assignment:
      handler.kind === HUMAN_KIND
        ? { ...firstAssignment(humanInput.parse(input), parts.user, now), ...parts.renewed }
        : null,
  };
  const said = kept === null ? undefined : message;
  return { task, message: said && { parts: kept?.parts ?? said, metadata: kept?.metadata } };
}

/** A submission with nothing but its kind and input. */
export function plainSubmission(kind: string, input: Json): z.output<typeof submission> & Submission {
  return { kind, input, priority: 0, retry: { ...USUAL_RETRY }, metadata: {} };
}

const USUAL_RETRY = retryPolicy.parse({});
const PLAIN_FIELDS: ReadonlySet<string> = new Set(["kind", "input", "priority"]);
const PLAIN_IN_CONVERSATION: ReadonlySet<string> = new Set([...PLAIN_FIELDS, "conversation"]);

/** Whether it has a kind and says nothing but these fields. */
export function isPlain(given: unknown, fields = PLAIN_FIELDS): boolean {
  if (typeof given !== "object" || given === null || !("kind" in given)) return false;
  for (const name in given) if (!fields.has(name)) return false;
  return typeof given.kind === "string";
}

/**
 * What its schema makes of a submission with nothing but its kind, input and priority, and a conversation; null of any other,
 * and of one that does not fit. Most are such, and the schema takes as long for one as it takes to make the task.
 */
export function parsePlain(given: Submission): z.output<typeof submission> | null {
  if (!isPlain(given, PLAIN_IN_CONVERSATION)) return null;
  const { kind, input, priority = 0, conversation } = given;
  const isKind = kind.length >= 1 && kind.length <= KIND_LENGTH_MAX;
  const isPriority = Number.isInteger(priority) && Math.abs(priority) <= PRIORITY_MAX;
  if (!isKind || !isPriority || !isJson(input)) return null;
  const plain = { ...plainSubmission(wellFormed(kind), wellFormed(input)), priority };
  if (conversation === undefined) return plain;
  const named = submission.shape.conversation.safeParse(conversation);
  return named.success ? { ...plain, conversation: wellFormed(named.data) } : null;
}

/** Far more than any door takes. A list may say that it is any length, and take all memory to look through. */
const PARTS_MAX = 10_000;
const parts = z.array(part);
const strategy = z.enum(MULTITASK_STRATEGIES).nullable();

/** The input as it is kept, and what the outside sees of it. Throws `invalid`, naming the field. */
function presented(handler: Handler, given: Json): Presentation & { input: Json } {
  const accepted = handler.accept(given);
  if (!accepted.ok) {
    const field = ["input", ...accepted.path].join(".");
    const { missing } = accepted;
    throw new Refusal("invalid", `${field}: ${accepted.message}`, { field, ...(missing && { missing }) });
  }
  const { input } = accepted;
  const { title, message } = told(handler, "present", isPresentation, () => handler.present(input));
  return { input, title, ...(message && { message }) };
}

function mustAskAllowed(handler: Handler, input: Json, lists: ModelLists): void {
  const { modelOf } = handler;
  const model = modelOf ? told(handler, "modelOf", isModel, () => modelOf(input)) : null;
  if (model !== null) mustBeAllowed(lists, model);
}

function isModel(said: unknown): said is string | null {
  return said === null || typeof said === "string";
}

function queueOf(handler: Handler, input: Json): string | null {
  const { queueOf } = handler;
  return queueOf ? told(handler, "queueOf", isQueueName, () => queueOf(input)) : null;
}

/** What the submission says of it goes before what its kind does. */
function strategyOf(
  handler: Handler,
  { multitaskStrategy }: NewTask["submission"],
  input: Json,
): Task["multitaskStrategy"] {
  const { multitaskStrategy: ofKind } = handler;
  const said = () => (ofKind ? told(handler, "multitaskStrategy", isStrategy, () => ofKind(input) ?? null) : null);
  const wanted = multitaskStrategy ?? said();
  return wanted === "concurrent" ? null : wanted;
}

function timeLimitOf(handler: Handler, input: Json): number | null {
  const { timeLimitMs } = handler;
  const ms = timeLimitMs ? told(handler, "timeLimitMs", isTimeLimit, () => timeLimitMs(input) ?? null) : null;
  return ms === null ? null : Math.ceil(ms);
}

/** Every submit asks these, and a schema for a title or a name takes longer than to make the rest of a task. */
function isPresentation(said: unknown): said is Presentation {
  if (typeof said !== "object" || said === null || !("title" in said) || typeof said.title !== "string") return false;
  if (!("message" in said) || said.message === undefined) return true;
  const { message } = said;
  return Array.isArray(message) && message.length <= PARTS_MAX && parts.safeParse(message).success;
}

function isQueueName(said: unknown): said is string {
  return typeof said === "string" && said.length >= 1 && said.length <= NAME_LENGTH_MAX;
}

function isTimeLimit(said: unknown): said is number | null {
  return said === null || (typeof said === "number" && said > 0 && said <= TIME_LIMIT_MS_MAX);
}

function isStrategy(said: unknown): said is z.infer<typeof strategy> {
  return strategy.safeParse(said).success;
}

/** What a kind's own code says of an input, checked before it is written. A fault of it is no fault of who submits. */
function told<Value>(
  { kind }: Handler,
  name: string,
  isFit: (said: unknown) => said is Value,
  ask: () => unknown,
): Value {
  let said: unknown;
  try {
    said = ask();
  } catch (error) {
    throw new Error(`${name} of kind "${kind}" threw: ${error instanceof Error ? error.message : "no error"}`, {
      cause: error,
    });
  }
  if (isFit(said)) return wellFormed(said);
  throw new Error(`${name} of kind "${kind}" returned what cannot be kept.`);
}
