/**
 * A conversation as a session of this wire. A session that the client named by anything but a UUID is told under the
 * conversation's own id, with the client's name as `context.external_id`; both address it. The title is told twice,
 * since clients look for it in either place.
 */
import { agentOutputOf } from "../../task/agent/agent.ts";
import type { Conversation } from "../../task/conversation.ts";
import { isUuid } from "../../task/id.ts";
import { isJsonObject, type JsonObject } from "../../task/json/json.ts";
import { jsonText } from "../../task/json/json-text.ts";
import { isTerminal } from "../../task/states.ts";
import type { Task } from "../../task/task.ts";
import { isWithin } from "../../task/text/characters.ts";
import { seen } from "../../task/text/title.ts";
import type { HistoryTask, ListedSession, SessionAnswer, Turn, TurnEvent, WireEvent } from "./schema.ts";
import { contextOf, errorOf, isoTime, modeOf, queryOf, resultOf } from "./translate.ts";
import { plainStatus } from "./vocabulary.ts";

/** Section 5.1: a session that nobody uses is forgotten after this. */
const LIFETIME_MS = 30 * 86_400_000;

const ACTIVE_MS = 24 * 3_600_000;
const TITLE_MAX = 60;

/** A conversation, and what this lens's client calls it. */
export type Session = { conversation: Conversation; alias: string | null };

function sessionIdOf({ conversation, alias }: Session): string {
  return alias !== null && isUuid(alias) ? alias : conversation.id;
}

/** `GET /sessions/{id}`. */
export function sessionOf(session: Session): SessionAnswer {
  const strategy = session.conversation.context["research_strategy"];
  return {
    ...commonOf(session),
    cost_usd: session.conversation.costUsd,
    ...(typeof strategy === "string" && { research_strategy: strategy }),
  };
}

/** An item of `GET /sessions`. `latest` is the session's newest task. */
export function listedSessionOf(session: Session, latest: Task | null, now: number): ListedSession {
  const { conversation } = session;
  const { tasks, completed, failed, costUsd, lastActivityAt } = conversation;
  const mode = conversation.context["first_task_mode"];
  return {
    ...commonOf(session),
    last_activity_at: isoTime(lastActivityAt),
    is_active: now - lastActivityAt < ACTIVE_MS,
    successful_tasks: completed,
    failed_tasks: failed,
    ...(tasks > 0 && { success_rate: completed / tasks, average_cost_per_task: costUsd / tasks }),
    total_cost_usd: costUsd,
    is_near_budget_limit: false,
    ...(latest && { latest_task_query: queryOf(latest), latest_task_status: plainStatus(latest.state) }),
    ...(typeof mode === "string" && { first_task_mode: mode }),
  };
}

function commonOf(session: Session) {
  const { conversation, alias } = session;
  const { title, inputTokens, outputTokens } = conversation;
  const { first_task_mode, is_research_session, research_strategy, ...own } = conversation.context;
  const external = alias !== null && !isUuid(alias) ? alias : undefined;
  const context: JsonObject = {
    ...own,
    ...(external !== undefined && { external_id: external }),
    ...(title !== "" && { title }),
  };
  return {
    session_id: sessionIdOf(session),
    user_id: conversation.user,
    ...(title !== "" && { title }),
    task_count: conversation.tasks,
    tokens_used: inputTokens + outputTokens,
    total_tokens_used: inputTokens + outputTokens,
    created_at: isoTime(conversation.createdAt),
    updated_at: isoTime(conversation.updatedAt),
    expires_at: isoTime(conversation.lastActivityAt + LIFETIME_MS),
    ...(Object.keys(context).length > 0 && { context }),
    is_research_session: is_research_session === true,
  };
}

/** An item of a session's history. */
export function historyTaskOf(task: Task): HistoryTask {
  const result = resultOf(task);
  const error = errorOf(task);
  const output = task.state === "completed" && task.kind === "agent" ? agentOutputOf(task.output) : null;
  return {
    task_id: task.id,
    workflow_id: task.id,
    query: queryOf(task),
    status: plainStatus(task.state),
    mode: modeOf(task),
    ...(result !== null && { result }),
    ...(error !== "" && { error_message: error }),
    total_tokens: task.usage.inputTokens + task.usage.outputTokens,
    total_cost_usd: task.usage.costUsd,
    ...(durationOf(task) !== null && { duration_ms: durationOf(task) ?? 0 }),
    agents_used: output ? 1 : 0,
    tools_invoked: output?.toolCalls ?? 0,
    started_at: isoTime(task.startedAt ?? task.createdAt),
    ...(isTerminal(task.state) && task.endedAt !== null && { completed_at: isoTime(task.endedAt) }),
    ...(output && { metadata: { model_used: output.model, provider: output.provider } }),
  };
}

/** A task of a session with what happened in it. `number` counts the session's tasks from 1, oldest first. */
export function turnOf(
  task: Task,
  {
    number,
    events,
    withPayload,
    now,
  }: { number: number; events: readonly WireEvent[]; withPayload: boolean; now: number },
): Turn {
  const attachments = contextOf(task)?.["attachments"];
  const described = Array.isArray(attachments) ? attachments.filter((item) => isJsonObject(item)) : [];
  return {
    turn: number,
    task_id: task.id,
    user_query: queryOf(task),
    final_output: resultOf(task) ?? "",
    timestamp: isoTime(task.createdAt),
    events: events.map((event) => turnEventOf(event, withPayload)),
    metadata: {
      tokens_used: task.usage.inputTokens + task.usage.outputTokens,
      execution_time_ms: durationOf(task) ?? (task.startedAt === null ? 0 : Math.max(0, now - task.startedAt)),
      agents_involved: [...new Set(events.flatMap((event) => event.agent_id ?? []))],
      ...(described.length > 0 && { attachments: described }),
    },
  };
}

function turnEventOf({ payload, ...event }: WireEvent, withPayload: boolean): TurnEvent {
  return { ...event, ...(withPayload && payload && { payload: jsonText(payload) }) };
}

function durationOf(task: Task): number | null {
  return task.endedAt === null ? null : Math.max(0, task.endedAt - (task.startedAt ?? task.createdAt));
}

/** What a new title is refused for, in the wire's own words; else the title as it is kept. */
export function titleFrom(given: string | null | undefined): { title: string } | { refused: string } {
  const trimmed = (given ?? "").trim();
  if (trimmed === "") return { refused: "Title cannot be empty" };
  const title = seen(trimmed).trim();
  if (title === "") return { refused: "Title cannot contain only control characters" };
  if (!isWithin(title, TITLE_MAX)) return { refused: "Title must be 60 characters or less" };
  return { title };
}
