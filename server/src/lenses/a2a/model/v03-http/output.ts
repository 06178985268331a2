/** What version 0.3 is shown over HTTP: no member that its proto file does not have, since its clients refuse others. */
import type { JsonObject } from "../../../../task/json.ts";
import type { Part } from "../../../../task/part.ts";
import type { WireState } from "../../vocabulary.ts";
import type { Codec } from "../codec.ts";
import { roleName, stateName } from "../fields.ts";
import { restOf, shapesOf } from "../shapes.ts";
import { bareConfig } from "../v03/output.ts";
import { metadataOf, wrapped } from "../v03/parts.ts";
import type { EventView, MessageView, PushConfigView } from "../view.ts";

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

function message({ referenceTaskIds: _, ...said }: MessageView): JsonObject {
  const { messageId, contextId, taskId, role, parts } = said;
  return {
    messageId,
    ...(contextId !== undefined && { contextId }),
    ...(taskId !== undefined && { taskId }),
    role: roleName(role),
    content: parts.map(part),
    ...restOf(said),
  };
}

function nameOf(state: WireState): string {
  return state === "canceled" ? "TASK_STATE_CANCELLED" : stateName(state);
}

const { task, statusUpdate, artifactUpdate } = shapesOf({ part, message, state: nameOf });

function event(event: EventView): JsonObject {
  if ("task" in event) return { task: task(event.task) };
  if ("message" in event) return { message: message(event.message) };
  if ("statusUpdate" in event) return { statusUpdate: statusUpdate(event.statusUpdate, event.statusUpdate.final) };
  return { artifactUpdate: artifactUpdate(event.artifactUpdate) };
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
