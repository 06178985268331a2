/** A task and a conversation to test with, as a submit makes them. */
import type { Conversation } from "../../task/conversation.ts";
import { taskIdFromBytes, uuidFromBytes, uuidV7Bytes } from "../../task/id.ts";
import { queuedTask } from "../../task/queued-task.ts";
import type { Task } from "../../task/task.ts";

export const START = Date.UTC(2026, 0, 5, 12);

let made = 0;

function nextBytes(at: number): Uint8Array {
  const random = new Uint8Array(16);
  new DataView(random.buffer).setUint32(12, ++made);
  return uuidV7Bytes(at, random);
}

export function newConversationId(): string {
  return uuidFromBytes(nextBytes(START));
}

type Fields = Partial<Omit<Task, "state" | "output" | "error" | "resumesAs">>;

export function newTask(fields: Fields = {}): Task {
  const createdAt = fields.createdAt ?? START;
  return queuedTask({
    id: taskIdFromBytes(nextBytes(createdAt)),
    tenant: "acme",
    user: "ada",
    kind: "agent",
    title: "What is the capital of France?",
    input: { query: "What is the capital of France?" },
    createdAt,
    ...fields,
  });
}

export function newConversation(fields: Partial<Conversation> = {}): Conversation {
  const times = { createdAt: START, updatedAt: START, lastActivityAt: START };
  return {
    id: newConversationId(),
    tenant: "acme",
    user: "ada",
    title: "A talk",
    agent: null,
    knowledgeBase: null,
    context: { a: 1 },
    ...times,
    lastAgentMessageAt: null,
    tasks: 0,
    completed: 0,
    failed: 0,
    inputTokens: 0,
    outputTokens: 0,
    costUsd: 0,
    ...fields,
  };
}
