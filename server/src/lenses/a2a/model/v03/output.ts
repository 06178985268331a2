/** What version 0.3 is shown over JSON-RPC: each object says what it is by its `kind`. */
import type { JsonObject } from "../../../../task/json/json.ts";
import type { Part } from "../../../../task/part.ts";
import type { Codec } from "../codec.ts";
import { restOf, shapesOf } from "../shapes.ts";
import type { EventView, MessageView, PushConfigView, TaskView } from "../view.ts";
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

function message(said: MessageView): JsonObject {
  const { messageId, contextId, taskId, role, parts } = said;
  return {
    kind: "message",
    messageId,
    role,
    parts: parts.map(part),
    ...(taskId !== undefined && { taskId }),
    ...(contextId !== undefined && { contextId }),
    ...restOf(said),
  };
}

const shapes = shapesOf({ part, message, state: (state) => state });

function task(task: TaskView): JsonObject {
  return { kind: "task", ...shapes.task(task) };
}

function event(event: EventView): JsonObject {
  if ("task" in event) return task(event.task);
  if ("message" in event) return message(event.message);
  if ("statusUpdate" in event) {
    const { statusUpdate } = event;
    return { kind: "status-update", ...shapes.statusUpdate(statusUpdate, statusUpdate.final) };
  }
  return { kind: "artifact-update", ...shapes.artifactUpdate(event.artifactUpdate) };
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
