/** What version 0.3 is shown over HTTP: no member that its proto file does not have, since its clients refuse others. */
import type { JsonObject } from "../../../../task/json/json.ts";
import type { Part } from "../../../../task/part.ts";
import type { WireState } from "../../vocabulary.ts";
import type { Codec } from "../codec.ts";
import { stateName } from "../fields.ts";
import { enveloped, plainMessage, shapesOf } from "../shapes.ts";
import { bareConfig } from "../v03/output.ts";
import { metadataOf, wrapped } from "../v03/parts.ts";
import type { MessageView, PushConfigView } from "../view.ts";

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
  return plainMessage(said, { content: said.parts.map(part) });
}

function nameOf(state: WireState): string {
  return state === "canceled" ? "TASK_STATE_CANCELLED" : stateName(state);
}

const shapes = shapesOf({ part, message, state: nameOf });
const { task } = shapes;
const event = enveloped(shapes, message, true);

function pushConfig(config: PushConfigView): JsonObject {
  const name = `tasks/${config.taskId}/pushNotificationConfigs/${config.id}`;
  return { name, pushNotificationConfig: bareConfig(config) };
}

export const write: Codec["write"] = {
  task,
  sent: event,
  event,
  // The proto file has no list, and the protocol's kit looks for what its JSON-RPC says of a task.
  list: ({ tasks, nextPageToken }) => ({
    tasks: tasks.map((listed) => ({ kind: "task", ...task(listed) })),
    nextPageToken,
  }),
  pushConfig,
  pushConfigs: (configs, nextPageToken) => ({ configs: configs.map(pushConfig), nextPageToken }),
  pushDeleted: {},
};
