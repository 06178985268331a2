/**
 * A message as code that is an agent hears and says it: whole, with all that its API lets a message carry beside its parts. A
 * task has the message that asked for it in its input, and an answer to a question may be one; agents that ask a model
 * hear its text and its files.
 */
import { z } from "zod";
import { type Json, jsonObject } from "../json/json.ts";
import { type Part, part, textOf } from "../part.ts";

const saidMessage = z.strictObject({
  parts: z.array(part).min(1).max(1000),
  metadata: jsonObject.optional(),
  /** URIs of the extensions that it makes use of. */
  extensions: z.array(z.string().max(2048)).max(100).optional(),
});

export const agentMessage = saidMessage.extend({
  /** As its author has named it, who may use a name again; "" for one without. */
  id: z.string().max(1024),
  /** Ids of the tasks that it refers to. */
  references: z.array(z.string().max(255)).max(100).optional(),
});
export type AgentMessage = z.infer<typeof agentMessage>;

/** The answer to a question, where an API takes it as a message. */
const messageAnswer = z.strictObject({ message: agentMessage });

/**
 * What an agent's code may return in place of any other JSON: the message with which its task ends. `alone` says that the
 * message is all there is to know: an API that can do so answers with it and shows no task.
 */
const closingWords = z.strictObject({ message: saidMessage, alone: z.boolean().default(false) });
export type ClosingWords = z.infer<typeof closingWords>;

/** The output of any kind as the message that a task ended with; null when it is none. */
export function closingWordsOf(output: Json): ClosingWords | null {
  if (typeof output !== "object" || output === null) return null;
  const read = closingWords.safeParse(output);
  return read.success ? read.data : null;
}

/** What somebody has told a task, as a message: a text, one that came as a message, or any other JSON as data. */
export function messageTold(value: Json): AgentMessage {
  const message = messageIn(value);
  if (message !== null) return message;
  return { id: "", parts: [typeof value === "string" ? { text: value } : { data: value }] };
}

/** The message as which an answer came; null for any other JSON. */
export function messageIn(value: Json): AgentMessage | null {
  return messageAnswer.safeParse(value).data?.message ?? null;
}

/** The same as a plain value: the data of a message that holds one piece of it and no text, or its text. */
export function valueTold(value: Json): Json {
  const message = messageIn(value);
  if (message === null) return value;
  const text = textOf(message.parts);
  const data = text === "" ? dataTold(value) : undefined;
  return data === undefined ? text : data;
}

/** The one piece of data that was told: all of it, or that of a message. */
export function dataTold(value: Json): Json | undefined {
  const message = messageIn(value);
  if (message === null) return value;
  const [data, ...more] = message.parts.flatMap((part) => ("data" in part ? [part.data] : []));
  return more.length === 0 ? data : undefined;
}

/** The words of a message that has some. */
export function textTold(value: Json): string | undefined {
  const message = messageIn(value);
  return message?.parts.some((part) => "text" in part) ? textOf(message.parts) : undefined;
}

type Asked = { query: string; attachments?: Part[] | undefined; message?: AgentMessage | undefined };

/** The message that a task of an agent was asked with. */
export function messageAsked({ query, attachments = [], message }: Asked): AgentMessage {
  return message ?? { id: "", parts: [{ text: query }, ...attachments] };
}

/** What came with the text that a task of an agent was asked with. */
export function attachmentsOf({ attachments, message }: Asked): Part[] {
  return attachments ?? message?.parts.filter((part) => !("text" in part)) ?? [];
}
