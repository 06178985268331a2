/** What version 1.0 is shown: no member beyond those of its own schema, in any object. */
import type { JsonObject } from "../../../../task/json.ts";
import type { Part } from "../../../../task/part.ts";
import type { Codec } from "../codec.ts";
import { roleName, stateName, timeText } from "../fields.ts";
import type { ArtifactView, EventView, MessageView, PushConfigView, StatusView, TaskView } from "../view.ts";

function part(part: Part): JsonObject {
  const { name, mediaType, metadata } = part;
  return {
    ...content(part),
    ...(metadata !== undefined && { metadata }),
    ...(name !== undefined && { filename: name }),
    ...(mediaType !== undefined && { mediaType }),
  };
}

function content(part: Part): JsonObject {
  if ("text" in part) return { text: part.text };
  if ("data" in part) return { data: part.data };
  if ("bytes" in part.file) return { raw: part.file.bytes };
  if ("url" in part.file) return { url: part.file.url };
  // Whoever wrote it says what it is of a file, and there is no more of it.
  return { data: { ...part.file } };
}

function message({ messageId, contextId, taskId, role, parts, ...rest }: MessageView): JsonObject {
  const { metadata, extensions, referenceTaskIds } = rest;
  return {
    messageId,
    ...(contextId !== undefined && { contextId }),
    ...(taskId !== undefined && { taskId }),
    role: roleName(role),
    parts: parts.map(part),
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
  return { state: stateName(state), ...(said !== undefined && { message: message(said) }), timestamp: timeText(at) };
}

function task({ id, contextId, status: now, artifacts, history, metadata }: TaskView): JsonObject {
  return {
    id,
    contextId,
    status: status(now),
    ...(artifacts !== undefined && { artifacts: artifacts.map(artifact) }),
    ...(history !== undefined && { history: history.map(message) }),
    ...(metadata !== undefined && { metadata }),
  };
}

function event(event: EventView): JsonObject {
  if ("task" in event) return { task: task(event.task) };
  if ("message" in event) return { message: message(event.message) };
  if ("statusUpdate" in event) {
    const { taskId, contextId, status: now, metadata } = event.statusUpdate;
    return { statusUpdate: { taskId, contextId, status: status(now), ...(metadata !== undefined && { metadata }) } };
  }
  const { taskId, contextId, artifact: changed, append, lastChunk, metadata } = event.artifactUpdate;
  return {
    artifactUpdate: {
      taskId,
      contextId,
      artifact: artifact(changed),
      append,
      lastChunk,
      ...(metadata !== undefined && { metadata }),
    },
  };
}

function pushConfig({ id, taskId, url, token, authentication }: PushConfigView): JsonObject {
  return { id, taskId, url, ...(token !== undefined && { token }), ...(authentication && { authentication }) };
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
  pushConfigs: (configs, nextPageToken) => ({ configs: configs.map(pushConfig), nextPageToken }),
  pushDeleted: {},
};
