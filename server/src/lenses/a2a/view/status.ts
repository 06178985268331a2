/** The state of a task, and what is said with it: its question while it asks, its error once it has failed. */
import { type ClosingWords, closingWordsOf } from "../../../task/agent-message.ts";
import { messageIdInTask, replyIdOf } from "../../../task/conversation.ts";
import { openQuestions } from "../../../task/questions.ts";
import { isFailed } from "../../../task/states.ts";
import type { Prompt, Task } from "../../../task/task.ts";
import type { MessageView, StatusView } from "../model/view.ts";
import { STATE_OF, type WireState } from "../vocabulary.ts";

export function stateOf(task: Task): WireState {
  const state = STATE_OF[task.state === "paused" ? task.resumesAs : task.state];
  return state === "input-required" && openQuestions(task)[0]?.prompt.asks === "authorization"
    ? "auth-required"
    : state;
}

export function statusOf(task: Task, contextId: string): StatusView {
  const said = saidWith(task);
  const message = said && { ...said, contextId, taskId: task.id };
  return { state: stateOf(task), ...(message && { message }), at: task.stateChangedAt };
}

function saidWith(task: Task): MessageView | null {
  const words = task.state === "completed" ? closingWordsOf(task.output)?.message : undefined;
  if (words !== undefined) return { messageId: replyIdOf(task.id), role: "agent", ...closing(words) };
  const [question] = openQuestions(task);
  if (question !== undefined) return questionMessage(task.id, question.prompt, question.since);
  if (!isFailed(task.state) || !("error" in task)) return null;
  return {
    messageId: replyIdOf(task.id),
    role: "agent",
    parts: [{ text: task.error.message }],
    metadata: codeOf(task.error),
  };
}

/** The words with which a task ends. */
export function closing({ parts, metadata, extensions }: ClosingWords["message"]) {
  return { parts, ...(metadata !== undefined && { metadata }), ...(extensions !== undefined && { extensions }) };
}

function codeOf({ code }: { code: string }) {
  return { code };
}

/** What a task asks, as the agent says it: in words, and behind them the schema that an answer has to fit. */
export function questionMessage(task: string, { name, asks, text, schema }: Prompt, at: number): MessageView {
  const form = schema && { data: schema, name: "schema", mediaType: "application/schema+json" };
  return {
    messageId: messageIdInTask(task, at),
    role: "agent",
    parts: [{ text }, ...(form ? [form] : [])],
    metadata: { prompt: name, asks },
  };
}
