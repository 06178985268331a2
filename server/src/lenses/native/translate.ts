/**
 * Task -> native wire, and native wire -> command. The wire is the record itself in snake_case, with these differences:
 * - times are ISO 8601, not milliseconds;
 * - `waits` of an open question carry it, and `input_required` repeats the oldest;
 * - `paused` and `cancelled` gather who, when and why;
 * - fields that a state lacks are null instead of absent.
 */

import type { z } from "zod";
import type { Artifact } from "../../task/artifact.ts";
import type { Conversation, ConversationChanges, Message } from "../../task/conversation.ts";
import { isJson, isJsonObject } from "../../task/json/json.ts";
import type { Key } from "../../task/key.ts";
import type { Part } from "../../task/part.ts";
import { stepsGoingOn } from "../../task/pause.ts";
import type { Assignment } from "../../task/people/assignment.ts";
import { openQuestions } from "../../task/people/questions.ts";
import { workStateOf } from "../../task/people/work-item.ts";
import type { Principal } from "../../task/principal.ts";
import type { Step } from "../../task/step.ts";
import { KIND_LENGTH_MAX, type Submission } from "../../task/submission.ts";
import { type Failure, NO_USAGE, type Task, triesOf, type UsageTotals, type Wait } from "../../task/task.ts";
import type { TaskFilter } from "../../task/task-filter.ts";
import type { UsageCall } from "../../task/usage.ts";
import type { Why } from "../../verbs/why.ts";
import type * as account from "./account-schema.ts";
import type * as wire from "./schema.ts";
import { newWebhookOf } from "./webhook-body.ts";
import type * as standing from "./why-schema.ts";

type Wire<Schema extends z.ZodType> = z.output<Schema>;

/** The moments of one task are mostly the same one, and writing a date takes as long as the rest of its summary. */
let lastMs = 0;
let lastTime = new Date(lastMs).toISOString();

export function wireTime(ms: number): string {
  if (ms === lastMs) return lastTime;
  lastTime = new Date(ms).toISOString();
  lastMs = ms;
  return lastTime;
}

export function timeOrNull(ms: number | null): string | null {
  return ms === null ? null : wireTime(ms);
}

export function wireFailure({
  code,
  message,
  step = null,
}: Omit<Failure, "step"> & { step?: string | null | undefined }): Wire<typeof wire.failure> {
  return { code, message, step };
}

export function wireUsageTotals(usage: UsageTotals): Wire<typeof wire.usageTotals> {
  return {
    calls: usage.calls,
    input_tokens: usage.inputTokens,
    output_tokens: usage.outputTokens,
    cost_usd: usage.costUsd,
    unpriced_calls: usage.unpricedCalls,
    estimated_calls: usage.estimatedCalls ?? 0,
  };
}

export function wireWait(wait: Wait): Wire<typeof wire.wait> {
  return {
    on: wait.on,
    since: wireTime(wait.since),
    until: timeOrNull(wait.until),
    child: childOf(wait),
    prompt: wait.on === "input" ? wirePrompt(wait) : null,
    reason: wait.on === "handler" ? { code: wait.code, message: wait.message } : null,
  };
}

/** Whose end it waits for, or whose question it asks. */
function childOf(wait: Wait): string | null {
  if (wait.on === "child") return wait.child;
  return wait.on === "input" ? (wait.relayed?.child ?? null) : null;
}

function wirePrompt(wait: Wait & { on: "input" }): Wire<typeof wire.prompt> {
  return { ...wait.prompt, until: timeOrNull(wait.until) };
}

export function wireSummary(task: Task): wire.TaskSummary {
  return {
    id: task.id,
    number: task.number,
    kind: task.kind,
    state: task.state,
    asks: openQuestions(task)[0]?.prompt.asks ?? null,
    title: task.title,
    lens: task.lens,
    user: task.user,
    conversation_id: task.conversation,
    parent_id: task.parent,
    retry_of: task.retryOf,
    priority: task.priority,
    metadata: task.metadata,
    attempt: triesOf(task),
    resumed: task.attempt - triesOf(task),
    failures: task.failures,
    revision: task.revision,
    last_event: task.lastSeq,
    progress: { fraction: task.progress, message: task.progressMessage },
    usage: wireUsageTotals(task.usage),
    error: "error" in task ? wireFailure(task.error) : null,
    created_at: wireTime(task.createdAt),
    started_at: timeOrNull(task.startedAt),
    state_changed_at: wireTime(task.stateChangedAt),
    updated_at: wireTime(task.updatedAt),
    ended_at: timeOrNull(task.endedAt),
    not_before: timeOrNull(task.notBefore),
    deadline_at: timeOrNull(task.deadlineAt),
  };
}

export function wireAssignment(task: Task): Wire<typeof wire.assignment> | null {
  const { assignment } = task;
  return assignment && assigned(task, assignment);
}

function assigned(task: Task, assignment: Assignment): Wire<typeof wire.assignment> {
  return {
    state: workStateOf(task) ?? "assigned",
    assignees: assignment.assignees,
    claimed_by: assignment.claimedBy,
    from: assignment.from,
    assigned_at: wireTime(assignment.assignedAt),
    owner: assignment.owner,
    reviewers: assignment.reviewers,
    priority: assignment.priority,
    due_at: timeOrNull(assignment.dueAt),
    expires_at: timeOrNull(assignment.expiresAt),
    overdue: assignment.overdue,
    escalations: assignment.escalations,
    outcomes: assignment.outcomes,
    outcome: assignment.outcome,
    decided_by: assignment.decidedBy,
    stage: assignment.stage,
    stages: assignment.stages,
    votes: assignment.votes.map(({ by, as, outcome, at }) => ({ by, as, outcome, at: wireTime(at) })),
    payload: assignment.payload,
    key: assignment.key,
    category: assignment.category,
    definition: assignment.definition,
  };
}

/** `tree` is what it and all below it have spent. */
export function wireTask(task: Task, tree = task.usage, seesStack = false): wire.TaskWire {
  const question = openQuestions(task)[0];
  return {
    ...wireSummary(task),
    children: task.children,
    tree_usage: wireUsageTotals(tree),
    trace_id: task.trace?.id ?? null,
    bound_by: task.boundBy,
    input: task.input,
    output: task.state === "completed" ? task.output : null,
    details: task.details,
    stack: seesStack ? task.stack : null,
    waits: task.waits.map(wireWait),
    input_required: question === undefined ? null : wirePrompt(question),
    paused:
      task.state === "paused"
        ? {
            ...(task.pausedBy === null
              ? { by: "", at: wireTime(task.stateChangedAt), reason: "" }
              : { by: task.pausedBy.by, at: wireTime(task.pausedBy.at), reason: task.pausedBy.reason }),
            until: timeOrNull(task.pausedBy?.until ?? null),
            resumes_as: task.resumesAs,
            pausing: task.resumesAs === "running",
            running: [...stepsGoingOn(task)],
          }
        : null,
    cancelled: task.cancelledBy === null ? null : { ...task.cancelledBy, at: wireTime(task.cancelledBy.at) },
    concurrency: task.concurrency && { key: task.concurrency.key, limit: task.concurrency.limit },
    multitask_strategy: task.conversation === null ? null : (task.multitaskStrategy ?? "concurrent"),
    budget: wireBudget(task, tree),
    retry: {
      attempts: task.retry.attempts,
      backoff_ms: task.retry.backoffMs,
      backoff_max_ms: task.retry.backoffMaxMs,
    },
    assignment: wireAssignment(task),
    time_limit_ms: task.timeLimitMs,
    lease: task.lease === null ? null : { worker: task.lease.worker, until: wireTime(task.lease.until) },
  };
}

function wireBudget({ budget, budgetFrom }: Task, tree: UsageTotals): wire.TaskWire["budget"] {
  if (budget === null) return null;
  const from = budgetFrom ?? NO_USAGE;
  return {
    tokens: budget.tokens ?? null,
    cost_usd: budget.costUsd ?? null,
    on_spent: budget.onSpent,
    spent: {
      tokens: Math.max(0, tokensOf(tree) - tokensOf(from)),
      // Fractions of a dollar are summed: what is left of their rounding is no money.
      cost_usd: Math.max(0, Number((tree.costUsd - from.costUsd).toFixed(12))),
    },
  };
}

function tokensOf({ inputTokens, outputTokens }: UsageTotals): number {
  return inputTokens + outputTokens;
}

/** A submit that says its kind and its input alone, as most do, as its schema reads it; null of any other. */
export function plainSubmit(body: unknown): Wire<typeof wire.submitBody> | null {
  if (typeof body !== "object" || body === null || !("kind" in body && "input" in body)) return null;
  for (const name in body) if (name !== "kind" && name !== "input") return null;
  const { kind, input } = body;
  const isPlain = typeof kind === "string" && kind.length >= 1 && kind.length <= KIND_LENGTH_MAX && isJson(input);
  return isPlain ? { kind, input, priority: 0 } : null;
}

export function submissionOf(body: Wire<typeof wire.submitBody>): Submission {
  const { kind, input, conversation, priority, delay_ms, deadline_ms, retry, concurrency, budget, metadata, webhook } =
    body;
  const { multitask_strategy } = body;
  return {
    kind,
    input,
    priority,
    ...(metadata !== undefined && { metadata }),
    ...(retry !== undefined && {
      retry: { attempts: retry.attempts, backoffMs: retry.backoff_ms, backoffMaxMs: retry.backoff_max_ms },
    }),
    ...(conversation !== undefined && { conversation }),
    ...(delay_ms !== undefined && { delayMs: delay_ms }),
    ...(deadline_ms !== undefined && { deadlineMs: deadline_ms }),
    ...(concurrency !== undefined && { concurrency }),
    ...(multitask_strategy !== undefined && { multitaskStrategy: multitask_strategy }),
    ...(webhook !== undefined && { subscriptions: [newWebhookOf(webhook)] }),
    ...(budget !== undefined && {
      budget: {
        onSpent: budget.on_spent,
        ...(budget.tokens !== null && { tokens: budget.tokens }),
        ...(budget.cost_usd !== null && { costUsd: budget.cost_usd }),
      },
    }),
  };
}

export function filterOf(query: Wire<typeof wire.listQuery>): TaskFilter {
  const { state, kind, conversation_id, parent_id, asks, created_from, created_before, q, metadata } = query;
  return {
    ...(state !== undefined && { states: state }),
    ...(kind !== undefined && { kinds: kind }),
    ...(conversation_id !== undefined && { conversation: conversation_id }),
    ...(parent_id !== undefined && { parent: parent_id }),
    ...(asks !== undefined && { asks: true }),
    ...(created_from !== undefined && { createdFrom: created_from }),
    ...(created_before !== undefined && { createdBefore: created_before }),
    ...(q !== undefined && { text: q }),
    ...(metadata !== undefined && { metadata }),
  };
}

export function wireStep(step: Step): Wire<typeof standing.step> {
  return {
    branch: step.branch,
    position: step.position,
    name: step.name,
    kind: step.kind,
    state: step.state,
    tries: step.tries,
    at: wireTime(step.at),
    started_at: startOf(step),
    ended_at: step.state === "done" || step.state === "failed" ? wireTime(step.at) : null,
    attempts: triesOfStep(step),
    child_id: awaitedChild(step),
    duration_ms: step.durationMs,
    result: step.result,
    error: step.error === null ? null : wireFailure(step.error),
  };
}

function startOf({ at, state, durationMs, trace }: Step): string | null {
  if (durationMs !== null) return wireTime(Math.round(at - durationMs));
  if (trace?.startedAt !== undefined) return wireTime(trace.startedAt);
  return state === "waiting" ? wireTime(at) : null;
}

function triesOfStep({ kind, state, at, durationMs, error, trace }: Step): Wire<typeof standing.step>["attempts"] {
  const own = kind === "step" && durationMs !== null && (state === "done" || state === "failed");
  const tries = trace?.tries ?? (own ? [{ startedAt: Math.round(at - durationMs), endedAt: at, error }] : []);
  return tries.map((each) => ({
    started_at: wireTime(each.startedAt),
    ended_at: wireTime(each.endedAt),
    error: each.error === null ? null : wireFailure(each.error),
  }));
}

function awaitedChild({ kind, state, result, trace }: Step): string | null {
  if (trace?.child !== undefined) return trace.child;
  const child = kind === "child" && state !== "done" && isJsonObject(result) ? result["child"] : null;
  return typeof child === "string" ? child : null;
}

export function wirePart(part: Part): wire.PartWire {
  const { name, mediaType, metadata, ...content } = part;
  return {
    ...("file" in content ? { file: wireFile(content.file) } : content),
    ...(name !== undefined && { name }),
    ...(mediaType !== undefined && { media_type: mediaType }),
    ...(metadata !== undefined && { metadata }),
  };
}

/** A file of ours is shown as what anybody may say of one. */
function wireFile(file: Extract<Part, { file: unknown }>["file"]) {
  return "kept" in file ? { sha256: file.kept, size: file.size } : file;
}

export function partOf(part: wire.PartWire): Part {
  const { name, media_type, metadata, ...content } = part;
  return {
    ...content,
    ...(name !== undefined && { name }),
    ...(media_type !== undefined && { mediaType: media_type }),
    ...(metadata !== undefined && { metadata }),
  };
}

export function wireArtifact({ parts, ...artifact }: Artifact): Wire<typeof wire.artifact> {
  return { ...artifact, parts: parts.map(wirePart) };
}

export function wireUsageCall(call: UsageCall & { at: number }): Wire<typeof wire.usageCall> {
  return {
    key: call.key,
    at: wireTime(call.at),
    provider: call.provider,
    model: call.model,
    agent: call.agent,
    input_tokens: call.inputTokens,
    output_tokens: call.outputTokens,
    cache_read_tokens: call.cacheReadTokens,
    cache_write_tokens: call.cacheWriteTokens,
    cost_usd: call.costUsd,
    estimated: call.estimated ?? false,
    raw: call.raw,
  };
}

export function wireWhy(why: Why): Wire<typeof standing.why> {
  return {
    task_id: why.task,
    state: why.state,
    reason: why.reason,
    summary: why.summary,
    since: wireTime(why.since),
    until: timeOrNull(why.until),
    waits: why.waits.map(wireWait),
    running: why.running,
    held_by: why.heldBy,
    before: why.before,
    ahead: why.ahead,
    workers: why.workers && {
      queue: why.workers.queue,
      asked_at: timeOrNull(why.workers.askedAt),
      since: wireTime(why.workers.since),
    },
    last_error: why.lastError === null ? null : wireFailure(why.lastError),
  };
}

export function wireConversation(conversation: Conversation, alias: string | null): Wire<typeof wire.conversation> {
  return {
    id: conversation.id,
    alias,
    user: conversation.user,
    title: conversation.title,
    agent: conversation.agent,
    knowledge_base: conversation.knowledgeBase,
    context: conversation.context,
    created_at: wireTime(conversation.createdAt),
    updated_at: wireTime(conversation.updatedAt),
    last_activity_at: wireTime(conversation.lastActivityAt),
    last_agent_message_at: timeOrNull(conversation.lastAgentMessageAt),
    tasks: conversation.tasks,
    completed: conversation.completed,
    failed: conversation.failed,
    usage: {
      input_tokens: conversation.inputTokens,
      output_tokens: conversation.outputTokens,
      cost_usd: conversation.costUsd,
    },
  };
}

/** What a caller changes of a conversation; what is absent stays. */
export function conversationFieldsFrom(body: z.output<typeof wire.updateConversationBody>): ConversationChanges {
  const { title, agent, knowledge_base, context } = body;
  return {
    ...(title !== undefined && { title }),
    ...(agent !== undefined && { agent }),
    ...(knowledge_base !== undefined && { knowledgeBase: knowledge_base }),
    ...(context !== undefined && { context }),
  };
}

export function wireMessage(message: Message): Wire<typeof wire.message> {
  return {
    id: message.id,
    n: message.n,
    role: message.role,
    parts: message.parts.map(wirePart),
    purpose: message.purpose,
    metadata: message.metadata ?? {},
    task_id: message.task,
    at: wireTime(message.at),
    edited_at: timeOrNull(message.editedAt),
  };
}

export function wireKey(key: Key): Wire<typeof account.key> {
  return {
    id: key.id,
    name: key.name,
    user: key.user,
    scopes: key.scopes,
    groups: key.groups,
    roles: key.roles,
    tier: key.tier,
    models: key.models,
    above: key.above,
    hint: key.hint,
    created_at: wireTime(key.createdAt),
    expires_at: timeOrNull(key.expiresAt),
    revoked_at: timeOrNull(key.revokedAt),
    rotated_at: timeOrNull(key.rotatedAt),
    former_until: timeOrNull(key.formerUntil),
    used_at: timeOrNull(key.usedAt),
    used_from: key.usedFrom,
  };
}

export function wireCaller({ tenant, user, scopes, keyId, models }: Principal): Wire<typeof account.caller> {
  return { tenant, user, scopes: [...scopes], key_id: keyId, models: models ? [...models] : null };
}
