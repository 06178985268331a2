/** A message that begins a task. */
import type { AgentInput } from "../../../task/agent/agent.ts";
import type { AgentMessage } from "../../../task/agent/agent-message.ts";
import { Refusal } from "../../../task/errors.ts";
import type { JsonObject } from "../../../task/json/json.ts";
import { textOf } from "../../../task/part.ts";
import { METADATA_BYTES_MAX } from "../../../task/submission.ts";
import type { Acknowledged } from "../../../verbs/tasks.ts";
import { InvalidParams } from "../faults.ts";
import type { SendCommand } from "../model/command.ts";
import type { MessageView } from "../model/view.ts";
import { NAMES } from "../names.ts";
import type { Exchange } from "../operation.ts";
import { subscriptionOf } from "../push/config.ts";
import { contextIdOf } from "../view/task.ts";
import { sentOnce } from "./sent-once.ts";

const CONTEXT_ID = /^[A-Za-z0-9._:@-]{1,128}$/;
/** How long a task of an agent that asks a model waits for a person. */
const ANSWER_WITHIN_MS = 7 * 86_400_000;
/** What an agent is asked by files alone. */
const FILES_ONLY = "[The user sent files]";
/** Under which a task's metadata names the tasks that its message refers to, and that its caller cannot see. */
const UNSEEN = "unknownReferenceTaskIds";

/** With the name that the client knows the context by: the one that it gave, or that of the new one. */
export type Delivered = Acknowledged & { contextId: string };

/** Throws `InvalidParams` for a context that cannot be one, and as a submit does. */
export async function begun(exchange: Exchange, command: SendCommand, message: MessageView): Promise<Delivered> {
  const { verbs, principal, agent, uploads } = exchange;
  const { contextId } = message;
  if (contextId !== undefined && !CONTEXT_ID.test(contextId)) {
    throw new InvalidParams([
      { field: "message.contextId", description: "must be 1 to 128 letters, digits and . _ : @ -" },
    ]);
  }
  const heard = heardAs(message);
  const input: AgentInput = {
    query: queryOf(message),
    message: heard,
    agent: agent.definition.slug,
    answerWithinMs: ANSWER_WITHIN_MS,
  };
  const { referenceTaskIds = [] } = message;
  const unseen = referenceTaskIds.length === 0 ? [] : await unseenAmong(exchange, referenceTaskIds);
  const metadata = metadataOf(command.metadata, unseen);
  const submission = {
    kind: "agent",
    input,
    conversation: { ...(contextId === undefined ? { new: true as const } : { alias: contextId }), agent: agent.id },
    ...(Object.keys(metadata).length > 0 && { metadata }),
    ...(command.push !== null && { subscriptions: [subscriptionOf(exchange, command.push)] }),
  };
  const done = await verbs.tasks.submit(principal, NAMES, submission, sentOnce(exchange, command), [...uploads.keys()]);
  // A repeat is of the context that its first one has made.
  const known = done.replayed ? undefined : (contextId ?? done.task.conversation);
  return { ...done, contextId: known ?? (await contextIdOf(exchange, done.task)) };
}

/** The message as code that is an agent hears it. */
export function heardAs({ messageId, parts, metadata, extensions, referenceTaskIds }: MessageView): AgentMessage {
  return {
    id: messageId,
    parts: [...parts],
    ...(metadata !== undefined && { metadata }),
    ...(extensions !== undefined && { extensions: [...extensions] }),
    ...(referenceTaskIds !== undefined && { references: [...referenceTaskIds] }),
  };
}

function queryOf({ parts }: MessageView): string {
  const text = textOf(parts);
  if (text.trim() !== "") return text;
  const data = parts.flatMap((part) => ("data" in part ? [part.data] : []));
  return data.length > 0 ? JSON.stringify(data.length === 1 ? data[0] : data) : FILES_ONLY;
}

async function unseenAmong({ verbs, principal }: Exchange, ids: readonly string[]): Promise<string[]> {
  const seen = await Promise.all(ids.map((id) => verbs.tasks.get(principal, id).then(() => true, unlessGone)));
  return ids.filter((_, at) => !seen[at]);
}

function unlessGone(error: unknown): false {
  if (error instanceof Refusal && error.code === "not_found") return false;
  throw error;
}

function metadataOf(given: JsonObject | null, unseen: readonly string[]): JsonObject {
  const metadata: JsonObject = { ...given, ...(unseen.length > 0 && { [UNSEEN]: [...unseen] }) };
  if (Buffer.byteLength(JSON.stringify(metadata)) <= METADATA_BYTES_MAX) return metadata;
  throw new InvalidParams([{ field: "metadata", description: `must be at most ${METADATA_BYTES_MAX} bytes of JSON` }]);
}
