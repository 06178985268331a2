/** What version 1.0 is shown: no member beyond those of its own schema, in any object. */
import type { JsonObject } from "../../../../task/json/json.ts";
import type { Part } from "../../../../task/part.ts";
import type { Codec } from "../codec.ts";
import { stateName } from "../fields.ts";
import { enveloped, plainMessage, shapesOf } from "../shapes.ts";
import type { MessageView, PushConfigView } from "../view.ts";

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

function message(said: MessageView): JsonObject {
  return plainMessage(said, { parts: said.parts.map(part) });
}

const shapes = shapesOf({ part, message, state: stateName });
const { task } = shapes;
const event = enveloped(shapes, message, false);

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
