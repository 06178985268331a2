/** The door for rows of conversations and their messages. */
import { z } from "zod";
import {
  type Conversation,
  MESSAGE_PURPOSES,
  type Message,
  messageIdOf,
  message as messageSchema,
} from "../../task/conversation.ts";
import { storedObject } from "../../task/json/json.ts";
import { maybeNumber, maybeText, maybeTime, number, text, time } from "./cells.ts";
import type { Resolve } from "./rows.ts";
import { parseTolerantly } from "./tolerant.ts";

const conversationRow = z.tuple([
  text,
  text,
  text,
  text,
  text,
  maybeText,
  maybeText,
  time,
  time,
  time,
  maybeTime,
  number,
  number,
  number,
  number,
  number,
  number,
]);
export function conversationOf(row: unknown): Conversation {
  const [id, tenant, user, title, context, agent, knowledgeBase, ...rest] = conversationRow.parse(row);
  const [createdAt, updatedAt, lastActivityAt, lastAgentMessageAt, ...counts] = rest;
  const [tasks, completed, failed, inputTokens, outputTokens, costUsd] = counts;
  return {
    id,
    tenant,
    user,
    title,
    agent,
    knowledgeBase,
    context: storedObject.parse(JSON.parse(context)),
    createdAt,
    updatedAt,
    lastActivityAt,
    lastAgentMessageAt,
    tasks,
    completed,
    failed,
    inputTokens,
    outputTokens,
    costUsd,
  };
}

const role = messageSchema.shape.role;
const purpose = z.enum(MESSAGE_PURPOSES).nullable();
const messageRow = z.tuple([
  number,
  role,
  maybeText,
  time,
  text,
  maybeText,
  maybeNumber,
  purpose,
  maybeText,
  maybeTime,
]);
export async function messageOf(conversation: string, row: unknown, resolve: Resolve): Promise<Message> {
  const [n, role, task, at, parts, id, seq, purpose, metadata, editedAt] = messageRow.parse(row);
  const said = parseTolerantly(messageSchema, {
    role,
    parts: await resolve(parts),
    ...(metadata !== null && { metadata: storedObject.parse(JSON.parse(metadata)) }),
  });
  return { ...said, id: messageIdOf({ conversation, n, role, task, id, seq }), n, purpose, task, at, editedAt };
}

const placeRow = z.tuple([number, role, maybeText, maybeText, maybeNumber]);
/** The number of a message, and its id. */
export function messagePlaceOf(conversation: string, row: unknown): { n: number; id: string } {
  const [n, role, task, id, seq] = placeRow.parse(row);
  return { n, id: messageIdOf({ conversation, n, role, task, id, seq }) };
}
