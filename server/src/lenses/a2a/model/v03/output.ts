/** What version 0.3 is shown over JSON-RPC: each object says what it is by its `kind`. */
import type { JsonObject } from "../../../../task/json.ts";
import type { Part } from "../../../../task/part.ts";
import type { Codec } from "../codec.ts";
import { timeText } from "../fields.ts";
import type { ArtifactView, EventView, MessageView, PushConfigView, StatusView, TaskView } from "../view.ts";
import { metadataOf, wrapped } from "./parts.ts";

function part(part: Part): JsonObject {
  if ("text" in part) return { kind: "text", text: part.text, ...withMetadata(metadataOf(part)) };
  if ("file" in part && ("bytes" in part.file || "url" in part.file)) {
    const { name, mediaType, metadata = {} } = part;
    const file = {
      ...(name !== undefined && { name }),
      ...(mediaType !== undefined && { mimeType: mediaType }),
      ...("bytes" in part.file ? { bytes: part.file.bytes } : { uri: part.file.url }),
    };
    return { kind: "file", file, ...withMetadata(metadata) };
  }
  const { data, metadata } = wrapped("data" in part ? part.data : { ...part.file }, metadataOf(part));
  return { kind: "data", data, ...withMetadata(metadata) };
}

function withMetadata(metadata: JsonObject): { metadata?: JsonObject } {
  return Object.keys(metadata).length > 0 ? { metadata } : {};
}

function message({ messageId, contextId, taskId, role, parts, ...rest }: MessageView): JsonObject {
  const { metadata, extensions, referenceTaskIds } = rest;
  return {
    kind: "message",
    messageId,
    role,
    parts: parts.map(part),
    ...(taskId !== undefined && { taskId }),
    ...(contextId !== undefined && { contextId }),
    ...(metadata !== undefined && { metadata }),
    ...(extensions !== undefined && { extensions: [...extensions] }),
    ...(referenceTaskIds !== undefined && { referenceTaskIds: [...referenceTaskIds] }),
  };
}

function artifact({ artifactId, name, description, parts, metadata, extensions }: ArtifactView): JsonObject {
  return {
    artifactId,
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description }),
    parts: parts.map(part),
    ...(metadata !== undefined && { metadata }),
    ...(extensions !== undefined && { extensions: [...extensions] }),
  };
}

function status({ state, message: said, at }: StatusView): JsonObject {
  return { state, ...(said !== undefined && { message: message(said) }), timestamp: timeText(at) };
}

function task({ id, contextId, status: now, artifacts, history, metadata }: TaskView): JsonObject {
  return {
    kind: "task",
    id,
    contextId,
    status: status(now),
    ...(artifacts !== undefined && { artifacts: artifacts.map(artifact) }),
    ...(history !== undefined && { history: history.map(message) }),
    ...(metadata !== undefined && { metadata }),
  };
}

function event(event: EventView): JsonObject {
  if ("task" in event) return task(event.task);
  if ("message" in event) return message(event.message);
  if ("statusUpdate" in event) {
    const { taskId, contextId, status: now, final, metadata } = event.statusUpdate;
    const update = { kind: "status-update", taskId, contextId, status: status(now), final };
    return { ...update, ...(metadata !== undefined && { metadata }) };
  }
  const { taskId, contextId, artifact: changed, append, lastChunk, metadata } = event.artifactUpdate;
  return {
    kind: "artifact-update",
    taskId,
    contextId,
    artifact: artifact(changed),
    append,
    lastChunk,
    ...(metadata !== undefined && { metadata }),
  };
}

/** A configuration as the two bindings of 0.3 write it, without its task. */
export function bareConfig({ id, url, token, authentication }: PushConfigView): JsonObject {
  return {
    id,
    url,
    ...(token !== undefined && { token }),
    ...(authentication && {
      authentication: {
        schemes: [authentication.scheme],
        ...(authentication.credentials !== undefined && { credentials: authentication.credentials }),
      },
    }),
  };
}

function pushConfig(config: PushConfigView): JsonObject {
  return { taskId: config.taskId, pushNotificationConfig: bareConfig(config) };
}

export const write: Codec["write"] = {
  task,
  sent: event,
  event,
  list: ({ tasks, nextPageToken, pageSize, totalSize }) => ({
    tasks: tasks.map(task),
    nextPageToken,
    pageSize,
    totalSize,
  }),
  pushConfig,
  pushConfigs: (configs) => configs.map(pushConfig),
  pushDeleted: null,
};
