/**
 * What the native wire may say. JSON is snake_case, times are ISO 8601 in UTC with milliseconds, null is a field that
 * has no value yet. A kind's own `input` and `output` pass through untouched.
 */
import { z } from "zod";
import { MULTITASK_STRATEGIES } from "../../task/agent/multitask.ts";
import { CONTEXT_BYTES_MAX, conversationFields, MESSAGE_PURPOSES } from "../../task/conversation.ts";
import { ERROR_CODES } from "../../task/errors.ts";
import { isJson, isJsonObject, JSON_DEPTH_MAX, type Json, type JsonObject } from "../../task/json/json.ts";
import { IDENTITY_TYPES } from "../../task/people/identity.ts";
import { WORK_STATES } from "../../task/people/work-states.ts";
import { INPUT_ASKS, OPEN_STATES, STATES, WAIT_REASONS } from "../../task/states.ts";
import { givenName, METADATA_BYTES_MAX, METADATA_KEYS_MAX, metadata, submission } from "../../task/submission.ts";
import { concurrency, retryPolicy } from "../../task/task.ts";
import { PAGE_LIMIT_MAX } from "../../task/task-filter.ts";
import { named } from "../openapi.ts";
import { wholeParam } from "../paging.ts";
import { webhookBody } from "./webhook-body.ts";

export const multitaskStrategy = z
  .enum(MULTITASK_STRATEGIES)
  .describe(
    "How it stands to the open tasks of its conversation: beside them, behind them (enqueue), refused with 409 (reject), or in their place (interrupt: they are cancelled).",
  );
named(multitaskStrategy, "MultitaskStrategy");

const wireConcurrency = concurrency.omit({ toEnd: true });
const METADATA_BOUNDS = `At most ${METADATA_KEYS_MAX} keys, and ${METADATA_BYTES_MAX / 1024} KB of JSON.`;
const wireMetadata = metadata.meta({
  wire: { type: "object", additionalProperties: true, maxProperties: METADATA_KEYS_MAX },
});

export const WAIT_S_MAX = 300;
const EVENTS_LIMIT_MAX = 1_000;

export const anyJson = z
  .custom<Json>(isJson, {
    error: ({ input }) => (input === undefined ? "is missing" : `must be JSON, at most ${JSON_DEPTH_MAX} levels deep`),
  })
  .meta({ wire: {} });
export const anyObject = z
  .custom<JsonObject>(isJsonObject, { error: `must be a JSON object, at most ${JSON_DEPTH_MAX} levels deep` })
  .meta({ wire: { type: "object", additionalProperties: true } });

export const time = z.iso.datetime().describe("ISO 8601, UTC, milliseconds");
export const count = z.int().nonnegative();

export const state = z.enum(STATES).describe(`Open: ${OPEN_STATES.join(", ")}. The others are terminal.`);
named(state, "State");

export const identity = z.strictObject({ type: z.enum(IDENTITY_TYPES), id: z.string() });
named(identity, "Identity");

export const failure = z.strictObject({
  code: z.string().describe("For programs: deadline, handler_error, step_crashed, …"),
  message: z.string(),
  step: z.string().nullable(),
});
named(failure, "Failure");

const totals = { calls: count, input_tokens: count, output_tokens: count, cost_usd: z.number() };
export const usageTotals = z.strictObject({
  ...totals,
  unpriced_calls: count.describe("Calls to models without a known price: cost_usd lacks them."),
  estimated_calls: count.describe("Calls whose provider stated no counts: ours stand in their place."),
});
named(usageTotals, "UsageTotals");

export const prompt = z.strictObject({
  name: z.string().describe("Name it as `prompt` in the answer."),
  asks: z.enum(INPUT_ASKS),
  text: z.string(),
  schema: anyObject.nullable().describe("JSON Schema of the answer; null takes any JSON."),
  candidates: z.array(identity).optional().describe("Who may answer; the task's own user when absent."),
  until: time.nullable(),
});
named(prompt, "Prompt");

export const wait = z.strictObject({
  on: z.enum([...WAIT_REASONS, "input"]),
  since: time,
  until: time.nullable().describe("When it goes on or gives up by itself; null is never."),
  child: z.string().nullable(),
  prompt: prompt.nullable(),
  reason: z
    .strictObject({ code: z.string(), message: z.string() })
    .nullable()
    .describe("Of a task that stands still until there is code that fits it: handler_version or journal_mismatch."),
});
named(wait, "Wait");

const stageVotes = z.union([z.enum(["any", "all"]), z.int()]);
/** What people have to do with a task. */
export const assignment = z.strictObject({
  state: z.enum(WORK_STATES),
  assignees: z.array(identity).describe("Who may act now."),
  claimed_by: z.string().nullable().describe("Who took it out of a group or role: the others leave it alone."),
  from: z.string().describe("Who gave it to them."),
  assigned_at: time,
  owner: identity,
  reviewers: z.array(identity),
  priority: z.int().min(1).max(5).describe("1 is the highest."),
  due_at: time.nullable(),
  expires_at: time.nullable(),
  overdue: z.boolean(),
  escalations: count,
  outcomes: z.array(z.strictObject({ id: z.string(), title: z.string() })).describe("Decisions to choose from."),
  outcome: z.string().nullable(),
  decided_by: z.string().nullable(),
  stage: count,
  stages: z.array(
    z.strictObject({ assignees: z.array(identity), votes: stageVotes, otherwise: z.string().nullable() }),
  ),
  votes: z.array(z.strictObject({ by: z.string(), as: identity, outcome: z.string(), at: time })),
  payload: anyObject,
  key: z.string().nullable(),
  category: z.string().nullable(),
  definition: z.string().nullable(),
});
named(assignment, "Assignment");

const budgetAmounts = z.strictObject({
  tokens: z.int().positive().nullable(),
  cost_usd: z.number().positive().nullable(),
  on_spent: z.enum(["pause", "fail"]),
  spent: z
    .strictObject({ tokens: count, cost_usd: z.number() })
    .describe("By its tree, since somebody last let it go on with it spent. Passed over where it is handed in."),
});
const budget = budgetAmounts.partial({ spent: true }).extend({
  tokens: budgetAmounts.shape.tokens.default(null),
  cost_usd: budgetAmounts.shape.cost_usd.default(null),
  on_spent: budgetAmounts.shape.on_spent.default("pause"),
});
const retry = z.strictObject({
  attempts: retryPolicy.shape.attempts.describe("Tries of the whole task, the first one included."),
  backoff_ms: retryPolicy.shape.backoffMs,
  backoff_max_ms: retryPolicy.shape.backoffMaxMs,
});
const steering = z.strictObject({ by: z.string(), at: time, reason: z.string() });

const summaryFields = {
  id: z.string(),
  number: count.describe("Counts the tasks of this server by age: what people and some APIs call it."),
  kind: z.string(),
  state,
  asks: z
    .enum(INPUT_ASKS)
    .nullable()
    .describe("What its oldest open question asks a person for, whatever else it does meanwhile."),
  title: z.string().describe("What it was asked, cut to a line."),
  lens: z.string().describe("The API that it came in by."),
  user: z.string(),
  conversation_id: z.string().nullable(),
  parent_id: z.string().nullable(),
  retry_of: z.string().nullable(),
  priority: z.int(),
  metadata: anyObject,
  attempt: count.describe("Tries of the whole task; of external work its claims, each the fencing token of one."),
  resumed: count.describe("How often it went on after a wait, a pause or a crash, within its tries."),
  failures: count.describe("Tries of the whole task that ended in an error."),
  revision: count,
  last_event: count.describe("Number of its last event."),
  progress: z.strictObject({ fraction: z.number().min(0).max(1), message: z.string() }),
  usage: usageTotals,
  error: failure.nullable(),
  created_at: time,
  started_at: time.nullable(),
  state_changed_at: time,
  updated_at: time,
  ended_at: time.nullable(),
  not_before: time.nullable(),
  deadline_at: time.nullable(),
};

/** A task in a list: without what may be large. */
export const taskSummary = z.strictObject(summaryFields);
named(taskSummary, "TaskSummary");
export type TaskSummary = z.infer<typeof taskSummary>;

export const task = z.strictObject({
  ...summaryFields,
  children: count.describe("Tasks that it has begun."),
  trace_id: z
    .string()
    .nullable()
    .describe("Of the W3C trace that it is part of; null where neither its caller nor this server traces."),
  tree_usage: usageTotals.describe("Its usage with that of all tasks below it, each call counted once."),
  bound_by: z.array(z.string()).describe("Tasks above it whose budgets hold for it too."),
  input: anyJson,
  output: anyJson.describe("Null until it completed."),
  details: anyObject.describe("What its handler says about it."),
  waits: z.array(wait),
  input_required: prompt
    .nullable()
    .describe(
      "The oldest question that is open: also while other branches of it still run, and it is not input_required.",
    ),
  stack: z.string().nullable().describe("Of its last error, for those with the scope `tasks:all`."),
  paused: z
    .strictObject({
      ...steering.shape,
      resumes_as: z.enum(OPEN_STATES),
      until: time.nullable().describe("When it goes on by itself; null where only somebody resumes it."),
      pausing: z.boolean().describe("Steps that had begun go on, and may cost, until they end."),
      running: z
        .array(z.string())
        .describe("While it is pausing, the steps that ran when the pause came; `why` names those that still do."),
    })
    .nullable(),
  cancelled: steering.nullable(),
  concurrency: wireConcurrency.nullable(),
  multitask_strategy: multitaskStrategy.nullable().describe("Null outside of a conversation."),
  budget: budgetAmounts.nullable(),
  retry: retry.required(),
  lease: z.strictObject({ worker: z.string(), until: time }).nullable(),
  assignment: assignment.nullable().describe("What people have to do with it, of one that asks or has asked."),
  time_limit_ms: count
    .nullable()
    .describe("Of its kind: how long it may run. Stands still while it waits, asks or is paused."),
});
named(task, "Task");
export type TaskWire = z.infer<typeof task>;

export const submitBody = z
  .strictObject({
    kind: submission.shape.kind.default("agent"),
    input: anyJson.describe("The kind's own input. Kind agent: {query, agent?, mode?, model?, …}."),
    conversation: z
      .union([z.strictObject({ id: givenName }), z.strictObject({ alias: givenName, context: anyObject.optional() })])
      .optional()
      .describe("An own conversation by its id, or by a name of your choice; one that is new is made."),
    priority: submission.shape.priority.describe("Higher first."),
    delay_ms: submission.shape.delayMs.describe("Not started before."),
    deadline_ms: submission.shape.deadlineMs.describe("From the submit; then the task is timed_out."),
    retry: retry.optional(),
    concurrency: wireConcurrency
      .optional()
      .describe("At most `limit` tasks of your tenant with the same key run at once."),
    multitask_strategy: multitaskStrategy
      .optional()
      .describe("As its agent says when absent, else `concurrent`. Only with a conversation."),
    budget: budget.optional(),
    metadata: wireMetadata.optional().describe(METADATA_BOUNDS),
    webhook: webhookBody.optional().describe("Is told of its events, from the first on."),
  })
  .meta({ example: { kind: "agent", input: { query: "What is the capital of France?" } } });
named(submitBody, "Submit");

export const waitSeconds = text(/^\d{1,3}(\.\d{1,3})?$/, "must be a number of seconds")
  .transform(Number)
  .pipe(z.number().min(0).max(WAIT_S_MAX))
  .meta({ wire: { type: "number", minimum: 0, maximum: WAIT_S_MAX } });
export const waitQuery = z.strictObject({
  wait: waitSeconds
    .optional()
    .describe("Seconds to hold the answer until the task has ended, needs input or is paused."),
});
export const taskQuery = z.strictObject({
  ...waitQuery.shape,
  lens: z.string().max(32).optional().describe("Show the task as this lens would.").meta({ "x-other-type": true }),
});

export const limit = (max: number, usual: number) => wholeParam({ min: 1, max, usual });
const sequence = text(/^\d{1,15}$/, "must be a whole number")
  .transform(Number)
  .meta({ wire: { type: "integer", minimum: 0 } });
export const moment = z.iso
  .datetime({ offset: true })
  .transform((text) => Date.parse(text))
  .meta({ wire: { type: "string", format: "date-time" } });

export const pageQuery = z.strictObject({
  limit: limit(PAGE_LIMIT_MAX, 50),
  cursor: z.string().min(1).max(1_024).optional().describe("`next_cursor` of the page before."),
});
export const offsetQuery = z.strictObject({
  limit: limit(PAGE_LIMIT_MAX, 50),
  offset: sequence.default(0),
});
export const listQuery = z.strictObject({
  ...pageQuery.shape,
  state: listOf(z.enum(STATES), { $ref: "#/$defs/State" }).optional().describe("One or more, repeated or with commas."),
  kind: listOf(submission.shape.kind, { type: "string" }).optional().describe("One or more, repeated or with commas."),
  conversation_id: givenName.optional(),
  parent_id: z.string().min(1).max(64).optional(),
  asks: z
    .literal("true")
    .optional()
    .describe(
      "Those with an open question: all that wait for a person. One that does other work meanwhile is `running`, not `input_required`.",
    ),
  created_from: moment.optional(),
  created_before: moment.optional(),
  q: z.string().min(1).max(500).optional().describe("Words that the title or the input must hold, all of them."),
  metadata: z
    .record(z.string().min(1).max(128), z.string().max(512))
    .optional()
    .describe("Exact values of metadata keys: metadata[KEY]=VALUE."),
});
export const eventsQuery = z.strictObject({
  after: sequence.optional().describe("Number of the last event that you have. Last-Event-ID goes before it."),
  limit: limit(EVENTS_LIMIT_MAX, 100).describe("Of a page as JSON."),
});

export const cursorQuery = z.strictObject({ cursor: z.string().min(1).max(4_000).optional() });

const partFields = {
  name: z.string().max(255).optional(),
  media_type: z.string().max(127).optional(),
  metadata: anyObject.optional(),
};
export const part = z.union([
  z.strictObject({ text: z.string(), ...partFields }),
  z.strictObject({ data: anyJson, ...partFields }),
  z.strictObject({
    file: z.union([
      z.strictObject({ bytes: z.base64() }),
      z.strictObject({ url: z.string().max(2_048) }),
      z.strictObject({ sha256: z.string().length(64), size: count }),
    ]),
    ...partFields,
  }),
]);
named(part, "Part");
export type PartWire = z.infer<typeof part>;

export const artifact = z.strictObject({
  id: z.string(),
  name: z.string().nullable(),
  description: z.string().nullable(),
  parts: z.array(part),
  metadata: anyObject,
  complete: z.boolean(),
});
named(artifact, "Artifact");

export const usageCall = z.strictObject({
  key: z.string(),
  at: time,
  provider: z.string(),
  model: z.string(),
  agent: z.string(),
  input_tokens: count,
  output_tokens: count,
  cache_read_tokens: count,
  cache_write_tokens: count,
  cost_usd: z.number().nullable(),
  estimated: z.boolean().describe("The provider stated no counts: these are ours."),
  raw: anyJson.describe("The provider's own usage object."),
});
named(usageCall, "UsageCall");

const reason = z
  .string()
  .max(2_000)
  .optional()
  .describe("For whoever looks at the task: it stands in its log, and not in the audit log.");
export const steeringBody = z.strictObject({ reason }).prefault({});
export const budgetBody = budgetAmounts
  .partial()
  .extend({ reason })
  .refine(({ reason: _, spent: __, ...amounts }) => Object.keys(amounts).length > 0, "Nothing is to be changed.")
  .describe("What is left out stays as it is; null bounds it no more.");
export const pauseBody = z
  .strictObject({
    reason,
    now: z.boolean().optional().describe("Stops the steps in flight too: they are done again after the resume."),
  })
  .prefault({});
export const retryBody = z
  .strictObject({ reason, reuse_journal: z.boolean().default(false).describe("Keep what finished steps have done.") })
  .prefault({});
export const inputBody = z
  .strictObject({
    value: anyJson.optional().describe("The answer as JSON. A text is a text, and no number."),
    text: z
      .string()
      .optional()
      .describe(
        "In the place of `value`, the answer as a person writes it: the JSON that its question wants, yes or no, or a text.",
      ),
    prompt: z.string().max(255).optional().describe("The question it answers; the first open one when absent."),
    message_id: givenName
      .optional()
      .describe("The same message twice is taken once; another one under its id is a conflict."),
  })
  .refine(({ value, text }) => (value === undefined) !== (text === undefined), {
    error: "needs either a value or a text",
    path: ["value"],
  })
  .meta({ example: { value: { approved: true } } });
named(inputBody, "Input");

export const conversation = z.strictObject({
  id: z.string(),
  alias: z.string().nullable(),
  user: z.string(),
  title: z.string(),
  agent: z.string().nullable(),
  knowledge_base: z.string().nullable(),
  context: anyObject,
  created_at: time,
  updated_at: time,
  last_activity_at: time,
  last_agent_message_at: time.nullable(),
  tasks: count,
  completed: count,
  failed: count,
  usage: z.strictObject({ input_tokens: count, output_tokens: count, cost_usd: z.number() }),
});
named(conversation, "Conversation");
const conversationContext = conversationFields.shape.context.meta({
  wire: { type: "object", additionalProperties: true },
});
export const createConversationBody = z
  .strictObject({
    title: conversationFields.shape.title.default(""),
    agent: conversationFields.shape.agent.default(null).describe("Whom it is with, by a name of your choice."),
    knowledge_base: conversationFields.shape.knowledgeBase
      .default(null)
      .describe("Documents, by a name of your choice."),
    context: conversationContext.default({}).describe(`At most ${CONTEXT_BYTES_MAX / 1024} KB of JSON.`),
  })
  .meta({ example: { title: "About France" } });
export const updateConversationBody = z.strictObject({
  title: conversationFields.shape.title.min(1).optional(),
  agent: conversationFields.shape.agent.optional(),
  knowledge_base: conversationFields.shape.knowledgeBase.optional(),
  context: conversationContext.optional().describe("In the place of what it was."),
});
named(createConversationBody, "CreateConversation");
named(updateConversationBody, "UpdateConversation");
export const conversationsQuery = z.strictObject({
  ...offsetQuery.shape,
  agent: givenName.optional().describe("Those with this agent."),
});
const role = z.enum(["user", "agent"]);
export const message = z.strictObject({
  id: z.string().describe("A UUID."),
  n: count.describe("Counts the messages of its conversation from 1; none is given twice."),
  role,
  parts: z.array(part),
  purpose: z
    .enum(MESSAGE_PURPOSES)
    .nullable()
    .describe("What it is that is no plain turn: a question of a task, what it was told meanwhile, a notice."),
  metadata: anyObject,
  task_id: z.string().nullable(),
  at: time,
  edited_at: time.nullable(),
});
named(message, "Message");
const spokenParts = z.array(part).min(1).max(1_000);
export const sayBody = z
  .strictObject({
    role: role.default("user"),
    parts: spokenParts,
    metadata: wireMetadata.optional().describe(METADATA_BOUNDS),
  })
  .meta({ example: { parts: [{ text: "Call me Ada." }] } });

export const editBody = z.strictObject({ parts: spokenParts.optional(), metadata: wireMetadata.optional() });
named(editBody, "EditMessage");

export const problem = z.strictObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string().describe("What happened and what to do about it."),
  code: z.enum(ERROR_CODES),
  request_id: z.string(),
  field: z.string().optional().describe("Where in the request."),
  state: state.optional().describe("The state that did not permit it."),
  task_id: z.string().optional().describe("The task that stands in the way."),
  retry_after_s: z.number().optional(),
});
named(problem, "Problem");
export type Problem = z.infer<typeof problem>;

export const list = <Item extends z.ZodType>(item: Item) => z.strictObject({ data: z.array(item) });
/** A list that goes on where it ends before its end. */
export const paged = <Item extends z.ZodType>(item: Item) =>
  z.strictObject({ data: z.array(item), next_cursor: z.string().nullable() });
export const page = <Item extends z.ZodType>(item: Item) =>
  z.strictObject({ data: z.array(item), total: count, next_cursor: z.string().nullable() });
export const counted = <Item extends z.ZodType>(item: Item) => z.strictObject({ data: z.array(item), total: count });

/** A query parameter is text, or a list of texts when it is repeated. */
function text(pattern: RegExp, error: string) {
  return z.string().regex(pattern, error);
}

export function listOf<Item extends string>(item: z.ZodType<Item, string>, items: JsonObject) {
  return z
    .union([z.string(), z.array(z.string())])
    .transform((given) => [given].flat().flatMap((text) => text.split(",")))
    .pipe(z.array(item).min(1).max(50))
    .meta({ wire: { type: "array", items } });
}
