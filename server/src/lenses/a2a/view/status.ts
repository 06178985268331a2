/**
 * The state of a task, and what is said with it: its question while it asks, its pause, its error once it has failed, the
 * words with which its agent ended it.
 */
import { type ClosingWords, closingWordsOf } from "../../../task/agent/agent-message.ts";
import { messageIdInTask, replyIdOf } from "../../../task/conversation.ts";
import { pauseSentenceOf } from "../../../task/pause.ts";
import { openQuestions } from "../../../task/people/questions.ts";
import type { Failure, Prompt, Task } from "../../../task/task.ts";
import type { MessageView, StatusView } from "../model/view.ts";
import { STATE_OF, type WireState } from "../vocabulary.ts";

function stateOf(task: Task): WireState {
  const state = STATE_OF[task.state === "paused" ? task.resumesAs : task.state];
  return state === "input-required" && openQuestions(task)[0]?.prompt.asks === "authorization"
    ? "auth-required"
    : state;
}

export function statusOf(task: Task, contextId: string): StatusView {
  const said = saidWith(task);
  return {
    state: stateOf(task),
    ...(said && { message: { ...said, contextId, taskId: task.id } }),
    at: task.stateChangedAt,
  };
}

function saidWith(task: Task): MessageView | null {
  const words = task.state === "completed" ? closingWordsOf(task.output) : null;
  if (words !== null) return closingMessage(task.id, words);
  const [question] = openQuestions(task);
  if (question !== undefined) return questionMessage(task.id, question.prompt, question.since);
  const pause = pauseSentenceOf(task);
  if (pause !== null) return pauseMessage(task.id, pause, task.stateChangedAt);
  return "error" in task ? errorMessage(task.id, task.error) : null;
}

/** That it is paused, or which of its steps go on until it is: the protocol has no state for either. */
export function pauseMessage(task: string, sentence: string, at: number): MessageView {
  return { messageId: messageIdInTask(task, at), role: "agent", parts: [{ text: sentence }] };
}

export function errorMessage(task: string, { code, message }: Failure): MessageView {
  return { messageId: replyIdOf(task), role: "agent", parts: [{ text: message }], metadata: { code } };
}

/** The words with which a task ended. */
export function closingMessage(task: string, { message }: ClosingWords): MessageView {
  const { parts, metadata, extensions } = message;
  return {
    messageId: replyIdOf(task),
    role: "agent",
    parts,
    ...(metadata !== undefined && { metadata }),
    ...(extensions !== undefined && { extensions }),
  };
}

/** Questions of one task that begin in one millisecond are told apart by their names. */
const NAMES_TOLD_APART = 4096;

/** What a task asks, as the agent says it: in words, and behind them the schema that an answer has to fit. */
export function questionMessage(task: string, { name, asks, text, schema }: Prompt, at: number): MessageView {
  const form = schema && { data: schema, name: "schema", mediaType: "application/schema+json" };
  let hash = 0;
  for (const unit of name) hash = (hash * 31 + (unit.codePointAt(0) ?? 0)) % NAMES_TOLD_APART;
  return {
    messageId: messageIdInTask(task, at * NAMES_TOLD_APART + hash),
    role: "agent",
    parts: [{ text }, ...(form ? [form] : [])],
    metadata: { prompt: name, asks },
  };
}
