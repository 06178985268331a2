/**
 * What the wire may say: the bodies that clients send and the bodies that they get. Unknown fields are ignored.
 *
 * A null field counts as absent, and a string that spells a number or a truth value counts as that value: clients
 * written in untyped languages send both.
 */
import { z } from "zod";
import { jsonObject as anyJsonObject } from "../../task/json/json.ts";
import { named } from "../openapi.ts";
import { EXECUTION_MODES, MODES, RESEARCH_STRATEGIES, STATUSES, type Status, type TaskStatus } from "./vocabulary.ts";

const jsonObject = anyJsonObject.meta({ wire: { type: "object" } });

export const flag = z.union([z.boolean(), z.stringbool({ truthy: ["true", "1"], falsy: ["false", "0", ""] })], {
  error: "must be true or false",
});

const whole = z.union(
  [
    z.int(),
    z
      .string()
      .regex(/^\s*[+-]?\d{1,15}\s*$/)
      .transform(Number),
  ],
  { error: "must be a whole number" },
);

const text = z.string("must be a string");

/** A word that is read in any letter case, so that the schema itself takes any text. */
function word(...words: string[]) {
  return text.nullish().meta({ wire: { type: "string", enum: words, nullable: true } });
}

/** The body of a submit, before the rules that have an error text of their own. */
export const submitBody = z.object({
  query: text.nullish(),
  session_id: text.nullish(),
  context: jsonObject.nullish(),
  mode: word(...MODES),
  skill: text.nullish(),
  model_tier: word("small", "medium", "large"),
  model_override: text.max(200, "is longer than 200 characters").nullish(),
  provider_override: text.max(100, "is longer than 100 characters").nullish(),
  research_strategy: word(...RESEARCH_STRATEGIES),
  max_iterations: whole.nullish(),
  max_concurrent_agents: whole.nullish(),
  enable_verification: flag.nullish(),
});
named(submitBody, "Submit");
export type SubmitBody = z.infer<typeof submitBody>;

/** The keys of `context` that change what the server does. All others, and texts that are no texts, are only kept. */
export const contextKeys = z.object({
  role: text.optional().catch(undefined),
  system_prompt: text.optional().catch(undefined),
  agent: text.optional().catch(undefined),
  template: text.optional().catch(undefined),
  template_name: text.optional().catch(undefined),
  model_tier: text.nullish(),
  model_override: text.max(200, "is longer than 200 characters").nullish(),
  provider_override: text.max(100, "is longer than 100 characters").nullish(),
  research_strategy: text.nullish(),
  review_plan: text.optional().catch(undefined),
  use_case_preset: text.optional().catch(undefined),
  disable_ai: flag.nullish(),
  force_research: flag.nullish(),
  force_swarm: flag.nullish(),
  require_review: flag.nullish(),
  require_approval: flag.nullish(),
  history_window_size: whole.nullish(),
  max_iterations: whole.nullish(),
  max_concurrent_agents: whole.nullish(),
  token_budget_per_agent: whole.nullish(),
  budget_agent_max: whole.nullish(),
  budget_max: whole.nullish(),
});
export type ContextKeys = z.infer<typeof contextKeys>;

/** The body of cancel, pause and resume. Whatever does not fit counts as no reason. `now` is ours, and of a pause. */
export const steeringBody = z
  .object({ reason: z.string().max(2000).optional().catch(undefined), now: z.boolean().optional().catch(undefined) })
  .catch({ reason: undefined })
  .meta({ wire: { type: "object", properties: { reason: { type: "string" }, now: { type: "boolean" } } } });
named(steeringBody, "Reason");

export const titleBody = z.object({ title: z.string().nullish() });
named(titleBody, "Title");

const time = z.iso.datetime();
const plain = z.enum(STATUSES);
const long = z.enum(STATUSES.map((status: Status): TaskStatus => `TASK_STATUS_${status}`));
const executionMode = z.enum(EXECUTION_MODES);

export const errorAnswer = z.object({ error: z.string() });
named(errorAnswer, "Error");

export const submitAnswer = z.object({
  task_id: z.string(),
  workflow_id: z.string(),
  status: z.literal("STATUS_CODE_OK"),
  message: z.string(),
  created_at: time,
});
named(submitAnswer, "Submitted");

export const submitStreamAnswer = z.object({ workflow_id: z.string(), task_id: z.string(), stream_url: z.string() });
named(submitStreamAnswer, "SubmittedStream");

/** Each key only where it is more than zero. */
const usage = z.object({
  total_tokens: z.int(),
  input_tokens: z.int().optional(),
  output_tokens: z.int().optional(),
  estimated_cost: z.number().optional(),
});

const modelShare = z.object({
  model: z.string(),
  provider: z.string(),
  executions: z.int(),
  tokens: z.int(),
  cost_usd: z.number(),
  percentage: z.int(),
  cache_read_tokens: z.int().optional(),
  cache_creation_tokens: z.int().optional(),
});

/** Where in a document the answer was read. */
const citation = z.object({
  source: z.string(),
  file_id: z.string(),
  vector_store_id: z.string(),
  page: z.int().nullable(),
  snippet: z.string(),
  score: z.number(),
});

export const statusAnswer = z.object({
  task_id: z.string(),
  workflow_id: z.string(),
  status: long,
  result: z.string().optional(),
  response: jsonObject.nullable(),
  error: z.string(),
  error_message: z.string().optional(),
  created_at: time,
  updated_at: time,
  query: z.string(),
  session_id: z.string(),
  mode: executionMode,
  context: jsonObject.optional(),
  model_used: z.string().optional(),
  provider: z.string().optional(),
  usage: usage.optional(),
  metadata: z
    .object({
      model_breakdown: z.array(modelShare).optional(),
      requested_mode: z.string().optional(),
      executed_mode: z.string().optional(),
      agents_used: z.int().optional(),
      tool_calls: z.int().optional(),
      unpriced_calls: z.int().optional(),
      estimated_calls: z.int().optional(),
      citations: z.array(citation).optional(),
    })
    .optional(),
  progress: z.number(),
});
named(statusAnswer, "Task");
export type StatusAnswer = z.infer<typeof statusAnswer>;

export const listedTask = z.object({
  task_id: z.string(),
  query: z.string(),
  status: long,
  mode: executionMode,
  created_at: time,
  completed_at: time.optional(),
  total_token_usage: z
    .object({
      total_tokens: z.int(),
      cost_usd: z.number(),
      prompt_tokens: z.int(),
      completion_tokens: z.int(),
    })
    .optional(),
});
export type ListedTask = z.infer<typeof listedTask>;

export const listAnswer = z.object({ tasks: z.array(listedTask), total_count: z.int() });
named(listAnswer, "TaskList");

export const cancelAnswer = z.object({
  success: z.boolean(),
  message: z.string(),
  status: plain.optional(),
  error: z.string().optional(),
});
named(cancelAnswer, "Cancel");

export const signalAnswer = z.object({
  success: z.literal(true),
  message: z.string(),
  task_id: z.string(),
  still_running: z.array(z.string()).optional(),
});
named(signalAnswer, "Signal");

export const controlState = z.object({
  is_paused: z.boolean(),
  is_cancelled: z.boolean(),
  paused_at: z.string(),
  pause_reason: z.string(),
  paused_by: z.string(),
  cancel_reason: z.string(),
  cancelled_by: z.string(),
  still_running: z.array(z.string()).optional(),
});
named(controlState, "ControlState");
export type ControlState = z.infer<typeof controlState>;

export const wireEvent = z.object({
  workflow_id: z.string(),
  type: z.string(),
  agent_id: z.string().optional(),
  message: z.string().optional(),
  payload: jsonObject.optional(),
  result: z.string().optional(),
  timestamp: time,
  seq: z.int(),
  stream_id: z.string(),
});
export type WireEvent = z.infer<typeof wireEvent>;

export const eventsAnswer = z.object({ events: z.array(wireEvent), count: z.int() });
named(eventsAnswer, "EventList");

const sessionCommon = {
  session_id: z.string(),
  user_id: z.string(),
  title: z.string().optional(),
  task_count: z.int(),
  tokens_used: z.int(),
  total_tokens_used: z.int(),
  created_at: time,
  updated_at: time,
  expires_at: time,
  context: jsonObject.optional(),
  is_research_session: z.boolean(),
};

export const listedSession = z.object({
  ...sessionCommon,
  last_activity_at: time,
  is_active: z.boolean(),
  successful_tasks: z.int(),
  failed_tasks: z.int(),
  success_rate: z.number().optional(),
  total_cost_usd: z.number(),
  average_cost_per_task: z.number().optional(),
  is_near_budget_limit: z.boolean(),
  latest_task_query: z.string().optional(),
  latest_task_status: plain.optional(),
  first_task_mode: z.string().optional(),
});
export type ListedSession = z.infer<typeof listedSession>;

export const sessionsAnswer = z.object({ sessions: z.array(listedSession), total_count: z.int() });
named(sessionsAnswer, "SessionList");

export const sessionAnswer = z.object({
  ...sessionCommon,
  cost_usd: z.number(),
  research_strategy: z.string().optional(),
});
named(sessionAnswer, "Session");
export type SessionAnswer = z.infer<typeof sessionAnswer>;

export const historyTask = z.object({
  task_id: z.string(),
  workflow_id: z.string(),
  query: z.string(),
  status: plain,
  mode: z.string().optional(),
  result: z.string().optional(),
  error_message: z.string().optional(),
  total_tokens: z.int(),
  total_cost_usd: z.number(),
  duration_ms: z.int().optional(),
  agents_used: z.int(),
  tools_invoked: z.int(),
  started_at: time,
  completed_at: time.optional(),
  metadata: jsonObject.optional(),
});
export type HistoryTask = z.infer<typeof historyTask>;

export const historyAnswer = z.object({ session_id: z.string(), tasks: z.array(historyTask), total: z.int() });
named(historyAnswer, "History");

/** Here alone a payload is JSON text. */
const turnEvent = wireEvent.omit({ payload: true }).extend({ payload: z.string().optional() });
export type TurnEvent = z.infer<typeof turnEvent>;

export const turn = z.object({
  turn: z.int(),
  task_id: z.string(),
  user_query: z.string(),
  final_output: z.string(),
  timestamp: time,
  events: z.array(turnEvent),
  metadata: z.object({
    tokens_used: z.int(),
    execution_time_ms: z.int(),
    agents_involved: z.array(z.string()),
    attachments: z.array(jsonObject).optional(),
  }),
});
export type Turn = z.infer<typeof turn>;

export const turnsAnswer = z.object({ session_id: z.string(), count: z.int(), turns: z.array(turn) });
named(turnsAnswer, "SessionTurns");

export const titleAnswer = z.object({ session_id: z.string(), title: z.string() });
named(titleAnswer, "TitleSet");

export const healthAnswer = z.object({
  status: z.string(),
  version: z.string(),
  time: time,
  checks: z.record(z.string(), z.string()),
});
named(healthAnswer, "Health");
