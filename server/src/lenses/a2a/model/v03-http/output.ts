/** What version 0.3 is shown over HTTP: no member that its proto file does not have, since its clients refuse others. */
import type { JsonObject } from "../../../../task/json.ts";
import type { Part } from "../../../../task/part.ts";
import type { WireState } from "../../vocabulary.ts";
import type { Codec } from "../codec.ts";
import { roleName, stateName, timeText } from "../fields.ts";
import { bareConfig } from "../v03/output.ts";
import { metadataOf, wrapped } from "../v03/parts.ts";
import type { ArtifactView, EventView, MessageView, PushConfigView, StatusView, TaskView } from "../view.ts";

/** A part has no metadata of its own here. */
function part(part: Part): JsonObject {
  if ("text" in part) return { text: part.text };
  if ("file" in part && ("bytes" in part.file || "url" in part.file)) {
    const content = "bytes" in part.file ? { fileWithBytes: part.file.bytes } : { fileWithUri: part.file.url };
    return { file: { ...content, ...(part.mediaType !== undefined && { mimeType: part.mediaType }) } };
  }
  const { data } = wrapped("data" in part ? part.data : { ...part.file }, metadataOf(part));
  return { data: { data } };
}

function message({ messageId, contextId, taskId, role, parts, metadata, extensions }: MessageView): JsonObject {
  return {
    messageId,
    ...(contextId !== undefined && { contextId }),
    ...(taskId !== undefined && { taskId }),
    role: roleName(role),
    content: parts.map(part),
    ...(metadata !== undefined && { metadata }),
    ...(extensions !== undefined && { extensions: [...extensions] }),
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

function nameOf(state: WireState): string {
  return state === "canceled" ? "TASK_STATE_CANCELLED" : stateName(state);
}

function status({ state, message: said, at }: StatusView): JsonObject {
  return { state: nameOf(state), ...(said !== undefined && { message: message(said) }), timestamp: timeText(at) };
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
    const { taskId, contextId, status: now, final, metadata } = event.statusUpdate;
    const update = { taskId, contextId, status: status(now), final };
    return { statusUpdate: { ...update, ...(metadata !== undefined && { metadata }) } };
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

function pushConfig(config: PushConfigView): JsonObject {
  const name = `tasks/${config.taskId}/pushNotificationConfigs/${config.id}`;
  return { name, pushNotificationConfig: bareConfig(config) };
}

export const write: Codec["write"] = {
  task,
  sent: event,
  event,
  list: ({ tasks, nextPageToken }) => ({ tasks: tasks.map(task), nextPageToken }),
  pushConfig,
  pushConfigs: (configs, nextPageToken) => ({ configs: configs.map(pushConfig), nextPageToken }),
  pushDeleted: {},
};
