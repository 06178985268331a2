/**
 * Messages and artifacts of this wire, which has text parts only. A file is a text part with its address, data one with its JSON, and
 * the metadata of each names its original type.
 */
import { agentInput } from "../../task/agent/agent.ts";
import { closingWordsOf, messageAsked } from "../../task/agent/agent-message.ts";
import type { Artifact } from "../../task/artifact.ts";
import { queryIdOf } from "../../task/conversation.ts";
import type { JsonObject } from "../../task/json/json.ts";
import { jsonText } from "../../task/json/json-text.ts";
import type { Part } from "../../task/part.ts";
import { RESULT_ID, resultParts } from "../../task/result.ts";
import type { Task } from "../../task/task.ts";
import type { WireArtifact, WireMessage, WirePart } from "./schema.ts";

function textPart(part: Part): WirePart {
  if ("text" in part) return withText(part.text, part.metadata);
  const { name, mediaType } = part;
  if ("data" in part) {
    const data = { partKind: "data", mediaType: "application/json" };
    return withText(jsonText(part.data), { ...part.metadata, ...data });
  }
  const { file } = part;
  const size = "size" in file ? file.size : "bytes" in file ? Buffer.byteLength(file.bytes, "base64") : null;
  return withText(addressOf(file, mediaType), {
    ...part.metadata,
    partKind: "file",
    ...(name !== undefined && { name }),
    ...(mediaType !== undefined && { mediaType }),
    ...(size !== null && { size }),
  });
}

type FileContent = Extract<Part, { file: unknown }>["file"];

/** A stored file has no address of its own: it is named by its hash. */
function addressOf(file: FileContent, mediaType = "application/octet-stream"): string {
  if ("url" in file) return file.url;
  if ("bytes" in file) return `data:${mediaType};base64,${file.bytes}`;
  return `urn:sha256:${"kept" in file ? file.kept : file.sha256}`;
}

function withText(text: string, metadata: JsonObject | undefined): WirePart {
  return { kind: "text", ...(metadata && { metadata }), text, type: "text" };
}

/** A closed artifact says that nothing more comes; no stored one is an addition to another. */
export function wireArtifact({ id, name, description, parts, metadata, complete }: Artifact): WireArtifact {
  return {
    append: false,
    artifactId: id,
    ...(description !== null && { description }),
    lastChunk: complete,
    ...(Object.keys(metadata).length > 0 && { metadata }),
    ...(name !== null && { name }),
    parts: parts.map(textPart),
  };
}

/** The task's result as its last artifact; null if there is none, or none yet. */
export function resultArtifact(task: Task): WireArtifact | null {
  if (task.state !== "completed") return null;
  const parts = closingWordsOf(task.output)?.message.parts ?? resultParts(task.output);
  if (parts.length === 0) return null;
  return { append: false, artifactId: RESULT_ID, lastChunk: true, name: RESULT_ID, parts: parts.map(textPart) };
}

/** Common fields of all messages of a task. */
export type Thread = { contextId: string; taskId: string };

export function wireMessage(
  { contextId, taskId }: Thread,
  said: { id: string; role: WireMessage["role"]; parts: readonly Part[]; metadata?: JsonObject | undefined },
): WireMessage {
  return {
    contextId,
    kind: "message",
    messageId: said.id,
    ...(said.metadata && { metadata: said.metadata }),
    parts: said.parts.map(textPart),
    role: said.role,
    taskId,
  };
}

/** The task's question. */
export function askedMessage(thread: Thread, { id, input, title }: Task): WireMessage {
  const asked = agentInput.safeParse(input);
  const parts: Part[] = asked.success
    ? messageAsked(asked.data).parts
    : [input === null ? { text: title } : { data: input }];
  return wireMessage(thread, { id: queryIdOf(id), role: "user", parts });
}
