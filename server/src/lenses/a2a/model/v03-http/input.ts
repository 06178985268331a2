/**
 * Requests of version 0.3 over HTTP, whose JSON is that of the protocol's proto file. What its JSON-RPC says is taken too,
 * and each form in which clients are known to send a push configuration.
 */
import { z } from "zod";
import { jsonObject } from "../../../../task/json/json.ts";
import type { Part } from "../../../../task/part.ts";
import type { Codec } from "../codec.ts";
import { base64, fields, filename, id, mediaType, messageFields, metadata, PARTS_MAX, text, uri } from "../fields.ts";
import { contentOf, pushConfig, read as readV03, sending } from "../v03/input.ts";
import { commonFrom, unwrapped } from "../v03/parts.ts";

const file = fields({
  fileWithUri: uri.optional(),
  fileWithBytes: base64.optional(),
  uri: uri.optional(),
  bytes: base64.optional(),
  mimeType: text(mediaType),
  name: text(filename),
});

const part = fields({
  text: z.string().optional(),
  file: file.optional(),
  data: jsonObject.optional(),
  metadata: metadata.optional(),
}).transform(({ text: words, file, data, metadata = {} }, issues): Part => {
  const found: Part[] = [];
  if (words !== undefined) found.push({ text: words, ...commonFrom(metadata) });
  if (file !== undefined) {
    const { fileWithUri, fileWithBytes, uri = fileWithUri, bytes = fileWithBytes, ...named } = file;
    const content = contentOf({ ...named, uri, bytes });
    if (content !== undefined) found.push({ ...content, ...(Object.keys(metadata).length > 0 && { metadata }) });
  }
  if (data !== undefined) {
    // The proto has an object around what JSON-RPC writes plainly.
    const inner = jsonObject.safeParse(data["data"]);
    const plain = unwrapped(inner.success ? inner.data : data, metadata);
    found.push({ data: plain.data, ...commonFrom(plain.metadata) });
  }
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  issues.addIssue({ code: "custom", message: "must have exactly one of text, file and data" });
  return z.NEVER;
});

const parts = z.array(part).min(1).max(PARTS_MAX);
const message = z.preprocess(
  (given) => {
    if (typeof given !== "object" || given === null || !("parts" in given) || "content" in given) return given;
    const { parts, ...rest } = given;
    return { ...rest, content: parts };
  },
  fields({ ...messageFields, content: parts }).transform(({ content, ...rest }) => ({ ...rest, parts: content })),
);

/** The proto calls the message `request`, and so do clients that write its own names. */
const send = z.preprocess((given) => {
  if (typeof given !== "object" || given === null || !("request" in given) || "message" in given) return given;
  const { request, ...rest } = given;
  return { ...rest, message: request };
}, sending(message));

/** `{pushNotificationConfig}`, `{parent, configId, config}`, or the configuration by itself. */
const pushCreate = z
  .preprocess(
    (given) => {
      if (typeof given !== "object" || given === null) return given;
      const { taskId, ...own } = Object.fromEntries(Object.entries(given));
      const { config, pushNotificationConfig = config, push_notification_config = pushNotificationConfig } = own;
      const inner = push_notification_config ?? own;
      const { configId, config_id = configId } = own;
      return { taskId, configId: config_id, config: deepest(inner) };
    },
    fields({ taskId: id, configId: text(id), config: pushConfig }),
  )
  .transform(({ taskId, configId, config }) => ({ taskId, config: { ...config, id: config.id ?? configId } }));

/** A configuration in its envelope, out of which it is taken. */
function deepest(given: unknown): unknown {
  if (typeof given !== "object" || given === null) return given;
  const { pushNotificationConfig, push_notification_config = pushNotificationConfig } = Object.fromEntries(
    Object.entries(given),
  );
  return push_notification_config ?? given;
}

export const read: Codec["read"] = {
  ...readV03,
  send,
  stream: send,
  pushCreate,
  pushGet: fields({ taskId: id, id: id.optional() }).transform(({ taskId, id = null }) => ({ taskId, id })),
  pushList: fields({ taskId: id }).transform(({ taskId }) => ({ taskId, pageSize: null, pageToken: "" })),
  pushDelete: fields({ taskId: id, id }),
};
