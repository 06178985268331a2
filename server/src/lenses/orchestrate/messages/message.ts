/**
 * A message of a conversation as one of a thread. Where the two worlds differ:
 *
 * - Content is always a list of items. A part that is data and says by `response_type` what it is, is an item as it is.
 * - What the protocol knows of a message and Waybill does not (mentions, documents, its own properties) is its metadata.
 * - `is_async` says that more will follow: of a notice, as long as its task has not ended. A client polls the thread on it.
 * - The steps of an answer are in the log of its task and not in the message.
 */
import { agentOutputOf, outputText } from "../../../task/agent/agent.ts";
import { type Message, messageIdInTask, queryIdOf, replyIdOf } from "../../../task/conversation.ts";
import type { TaskEvent } from "../../../task/events/event.ts";
import { uuidFromTaskId } from "../../../task/id.ts";
import { isJsonObject, type Json, type JsonObject } from "../../../task/json/json.ts";
import { jsonText } from "../../../task/json/json-text.ts";
import { type Part, textOf } from "../../../task/part.ts";
import type { Prompt, Task } from "../../../task/task.ts";
import { threadOf } from "../runs/asked.ts";
import { wireTime } from "../wire-time.ts";
import type { CreateMessage, StepDetails, ThreadMessage } from "./schema.ts";

/** Some clients know a flow by these words alone. */
export const NOTICE = "The flow has started. Its result will follow in this thread.";

/** What a message is shown with that it does not say itself. */
export type Surroundings = {
  thread: string;
  tenant: string;
  user: string;
  /** The message of the user that it answers. */
  parent: string | null;
  /** More messages of its task will follow. */
  isAsync: boolean;
  steps: readonly StepDetails[];
};

const FROM_METADATA = ["mentions", "document_ids", "additional_properties", "context", "message_state"] as const;

export function messageOf(message: Message, around: Surroundings): ThreadMessage {
  const { metadata = {} } = message;
  const isAgent = message.role === "agent";
  const kept = metadata["step_history"];
  const steps = around.steps.map((step) => ({ role: "assistant" as const, step_details: [step] }));
  return {
    id: message.id,
    tenant_id: around.tenant,
    created_by: around.user,
    created_by_username: around.user,
    created_on: wireTime(message.at),
    updated_at: wireTime(message.editedAt ?? message.at),
    thread_id: around.thread,
    assistant: { is_default: true },
    parent_message_id: textIn(metadata, "parent_message_id") ?? around.parent,
    role: isAgent ? "assistant" : "user",
    content: contentOf(message),
    mentions: listIn(metadata, "mentions"),
    document_ids: listIn(metadata, "document_ids"),
    additional_properties: isAgent
      ? propertiesOf(message, around.isAsync)
      : objectIn(metadata, "additional_properties"),
    context: objectIn(metadata, "context"),
    ...(message.task !== null && message.purpose === null && isAgent && { log_id: uuidFromTaskId(message.task) }),
    step_history: steps.length === 0 && Array.isArray(kept) ? kept.filter((step) => isJsonObject(step)) : steps,
    message_state: objectIn(metadata, "message_state"),
  };
}

/** The answer of a run that has ended, and where it has failed what went wrong; null while there is none. */
export function answerOf(task: Task, steps: readonly StepDetails[], parent = queryIdOf(task.id)): ThreadMessage | null {
  const parts = answerParts(task);
  if (parts === null) return null;
  return messageOf(spoken(task, { id: replyIdOf(task.id), parts, purpose: null, at: task.endedAt ?? task.updatedAt }), {
    ...surroundingsOf(task, parent),
    steps,
  });
}

/** A question that a run asks, as it came with this event. */
export function questionOf(task: Task, event: TaskEvent, { text, schema }: Prompt, parent: string): ThreadMessage {
  const form: Part[] = schema ? [{ data: schema, name: "schema" }] : [];
  const parts = [{ text }, ...form];
  const said = { id: messageIdInTask(task.id, event.seq), parts, purpose: "question" as const, at: event.at };
  return messageOf(spoken(task, said), surroundingsOf(task, parent));
}

/** What a run says, at this event, that goes on elsewhere. */
export function noticeOf(task: Task, event: TaskEvent, parent: string): ThreadMessage {
  const said = { id: messageIdInTask(task.id, event.seq), parts: [], purpose: "notice" as const, at: event.at };
  return messageOf(spoken(task, said), { ...surroundingsOf(task, parent), isAsync: true });
}

function spoken(task: Task, said: Pick<Message, "id" | "parts" | "purpose" | "at">): Message {
  return { ...said, n: 0, role: "agent", task: task.id, editedAt: null };
}

function surroundingsOf(task: Task, parent: string): Surroundings {
  const { tenant, user } = task;
  return { thread: threadOf(task), tenant, user, parent, isAsync: false, steps: [] };
}

function answerParts(task: Task): Part[] | null {
  if (task.state !== "completed") return "error" in task ? [{ text: task.error.message || task.error.code }] : null;
  const citations = agentOutputOf(task.output)?.citations ?? [];
  const text = outputText(task.output);
  if (citations.length === 0) return [{ text }];
  const cited = citations.map(({ filename, file, page, text: passage }) => ({
    title: filename,
    url: file,
    body: passage,
    page,
  }));
  return [{ data: { response_type: "conversational_search", text, citations: cited } }];
}

function propertiesOf({ purpose, metadata = {} }: Message, isAsync: boolean): JsonObject {
  return {
    ...objectIn(metadata, "additional_properties"),
    display_properties: { skip_render: false, is_async: isAsync },
    is_interrupt: purpose === "question",
  };
}

function contentOf({ purpose, parts }: Message): JsonObject[] {
  if (purpose === "notice") return [{ response_type: "text", id: "1", text: NOTICE }];
  return parts.map((part, at) => itemOf(part, String(at + 1), purpose));
}

function itemOf(part: Part, id: string, purpose: Message["purpose"]): JsonObject {
  if ("text" in part) return { response_type: "text", id, text: part.text };
  if ("file" in part) {
    const { name = "file", mediaType = null, file } = part;
    const url = "url" in file ? file.url : null;
    return { response_type: "file_download", id, files: [{ name, url, mime_type: mediaType }] };
  }
  const { data } = part;
  if (isJsonObject(data) && typeof data["response_type"] === "string")
    return { ...data, id: textIn(data, "id") ?? id, response_type: data["response_type"] };
  if (purpose === "question")
    return { response_type: "form", id, json_schema: data, ui_schema: {}, form_data: null, form_operation: null };
  if (purpose === "answer" && isJsonObject(data)) return { response_type: "form", id, form_data: data };
  return { response_type: "text", id, text: typeof data === "string" ? data : jsonText(data) };
}

/** What is kept of the content of a message that a client writes. */
export function partsFrom(content: CreateMessage["content"]): [Part, ...Part[]] {
  const [first = { text: "" }, ...others] = typeof content === "string" ? [{ text: content }] : content.map(partOf);
  return [first, ...others];
}

const PLAIN_KEYS = new Set(["id", "response_type", "text"]);

/** A text with nothing beside it but its number is a text; any other item is data that keeps all of its own. */
function partOf(item: JsonObject): Part {
  const isPlain = Object.keys(item).every((key) => PLAIN_KEYS.has(key));
  const text = item["text"];
  return isPlain && typeof text === "string" ? { text } : { data: item };
}

/** What a message of a client is about, in words: what an agent is asked. */
export function wordsOf(content: CreateMessage["content"]): string {
  if (typeof content === "string") return content;
  const said = content.map((item) => (typeof item["text"] === "string" ? { text: item["text"] } : { text: "" }));
  return textOf(said.filter(({ text }) => text !== ""));
}

/** What is kept with a message that a client writes, besides its content. */
export function metadataFrom(
  message: {
    [Key in Exclude<keyof CreateMessage, "role" | "content">]?: CreateMessage[Key] | undefined;
  },
): JsonObject {
  const { parent_message_id, assistant_id, step_history } = message;
  const entries = [
    ...FROM_METADATA.map((name): [string, unknown] => [name, message[name]]),
    ...Object.entries({ parent_message_id, assistant_id, step_history }),
  ];
  return Object.fromEntries(entries.flatMap(([name, value]) => (isGiven(value) ? [[name, value]] : [])));
}

function isGiven(value: unknown): value is Json {
  return value !== null && value !== undefined;
}

function objectIn(value: JsonObject, name: string): JsonObject | null {
  const found = value[name];
  return isJsonObject(found) ? found : null;
}

function listIn(value: JsonObject, name: string): Json[] | null {
  const found = value[name];
  return Array.isArray(found) ? found : null;
}

function textIn(value: JsonObject, name: string): string | null {
  const found = value[name];
  return typeof found === "string" ? found : null;
}
