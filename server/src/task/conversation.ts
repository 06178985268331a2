/** The thread that tasks share: a Shannon session, an Orchestrate thread, an A2A context. */
import { z } from "zod";
import { derivedUuid, type TaskId } from "./id.ts";
import { isWithin, type JsonObject, jsonObject } from "./json/json.ts";
import { part } from "./part.ts";
import { givenName, metadata } from "./submission.ts";
import { seen } from "./text/title.ts";

/** Of a conversation's free context, as JSON. */
export const CONTEXT_BYTES_MAX = 64 << 10;

/**
 * What a message is that is no plain turn: what a task asks a person, what it was answered or told while it was open,
 * and a notice that its work goes on elsewhere. No model is shown a notice.
 */
export const MESSAGE_PURPOSES = ["question", "answer", "notice"] as const;

/** What callers may say. */
export const message = z.strictObject({
  role: z.enum(["user", "agent"]),
  parts: z.array(part).min(1).max(1000),
  /** What its author wants kept with it; no model is shown it. */
  metadata: metadata.optional(),
});

/** What callers may change of one, whoever said it; what is absent stays as it is. */
export const messageChanges = message.omit({ role: true }).partial();
export type MessageChanges = z.infer<typeof messageChanges>;

export type MessageDraft = z.infer<typeof message> & {
  purpose?: (typeof MESSAGE_PURPOSES)[number] | undefined;
  /** A UUID that its author has given it; else it has the one that follows from where it stands. */
  id?: string | undefined;
  /** The event of its task that it came with; absent for what the task was asked and what it answered. */
  seq?: number | undefined;
};

export type Message = z.infer<typeof message> & {
  id: string;
  /** Counts the messages of the conversation; none is given twice. */
  n: number;
  purpose: (typeof MESSAGE_PURPOSES)[number] | null;
  task: string | null;
  at: number;
  /** When it was last changed; null when it never was. */
  editedAt: number | null;
};

/** A message as a handler hears it. */
export type HeardMessage = Pick<Message, "role" | "parts" | "n" | "task" | "at">;

/** Where a message stands: what its id follows from. */
export type MessagePlace = {
  conversation: string;
  n: number;
  role: Message["role"];
  task: TaskId | null;
  id: string | null;
  seq: number | null;
};

/** The same at any time, from what is kept: a log that is read again names the same messages. */
export function messageIdOf({ conversation, n, role, task, id, seq }: MessagePlace): string {
  if (id !== null) return id;
  if (task === null) return derivedUuid(conversation, n);
  if (seq !== null) return messageIdInTask(task, seq);
  return role === "user" ? queryIdOf(task) : replyIdOf(task);
}

/** The id of the message that came with this event of the task. */
export function messageIdInTask(task: TaskId, seq: number): string {
  return derivedUuid(task, seq);
}

/** The id of the message that says what the task was asked. */
export function queryIdOf(task: TaskId): string {
  // It comes with the first event.
  return messageIdInTask(task, 1);
}

/** The id of the message that says what the task answered, whether it has or not. */
export function replyIdOf(task: TaskId): string {
  return messageIdInTask(task, 0);
}

const context = jsonObject.refine((value) => isWithin(value, CONTEXT_BYTES_MAX), {
  error: `must be at most ${CONTEXT_BYTES_MAX} bytes of JSON`,
});

/** What callers may say of a conversation, and change of it: what is absent stays as it is. */
export const conversationFields = z.strictObject({
  title: z.string().max(200).overwrite(seen),
  /** The agent that it is with, as the client names it; null for none. */
  agent: givenName.nullable(),
  /** The documents that it is about, as the client names them; null for none. */
  knowledgeBase: givenName.nullable(),
  context,
});
export const conversationChanges = conversationFields.partial();
export type ConversationChanges = z.infer<typeof conversationChanges>;

/** Totals are kept in the transaction of the transition that changes them. `user` has made it. */
export type Conversation = z.infer<typeof conversationFields> & {
  id: string;
  tenant: string;
  user: string;
  context: JsonObject;
  createdAt: number;
  updatedAt: number;
  lastActivityAt: number;
  /** When an agent said something last; null while none has. */
  lastAgentMessageAt: number | null;
  tasks: number;
  completed: number;
  failed: number;
  inputTokens: number;
  outputTokens: number;
  costUsd: number;
};
