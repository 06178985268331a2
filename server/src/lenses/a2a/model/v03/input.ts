/** Requests of version 0.3 over JSON-RPC. */
import { z } from "zod";
import { jsonObject } from "../../../../task/json/json.ts";
import type { Part } from "../../../../task/part.ts";
import type { Codec } from "../codec.ts";
import type { PushConfigWanted } from "../command.ts";
import {
  base64,
  fields,
  filename,
  historyLength,
  id,
  mediaType,
  mediaTypes,
  messageFields,
  metadata,
  PARTS_MAX,
  schemeText,
  secretText,
  text,
  uri,
  yesOrNo,
} from "../fields.ts";
import { read as readV1 } from "../v1/input.ts";
import type { MessageView } from "../view.ts";
import { commonFrom, unwrapped } from "./parts.ts";

const file = fields({
  name: text(filename),
  mimeType: text(mediaType),
  bytes: base64.optional(),
  uri: uri.optional(),
});

const part = fields({
  kind: z.enum(["text", "file", "data"]),
  text: z.string().optional(),
  file: file.optional(),
  data: jsonObject.optional(),
  metadata: metadata.optional(),
}).transform(({ kind, text: words, file, data, metadata = {} }, issues): Part => {
  if (kind === "text" && words !== undefined) return { text: words, ...commonFrom(metadata) };
  if (kind === "data" && data !== undefined) {
    const plain = unwrapped(data, metadata);
    return { data: plain.data, ...commonFrom(plain.metadata) };
  }
  const content = kind === "file" && file !== undefined ? contentOf(file) : undefined;
  if (content !== undefined) return { ...content, ...(Object.keys(metadata).length > 0 && { metadata }) };
  issues.addIssue({
    code: "custom",
    message: `of kind ${kind} must have ${kind === "file" ? "file with bytes or uri" : kind}`,
  });
  return z.NEVER;
});

/** Undefined for a file without bytes and without an address, or with both. */
export function contentOf({ name, mimeType, bytes, uri }: z.output<typeof file>): Part | undefined {
  const common = { ...(name !== undefined && { name }), ...(mimeType !== undefined && { mediaType: mimeType }) };
  if (bytes !== undefined && uri === undefined) return { file: { bytes }, ...common };
  if (uri !== undefined && bytes === undefined) return { file: { url: uri }, ...common };
  return undefined;
}

const message = fields({ ...messageFields, parts: z.array(part).min(1).max(PARTS_MAX) });

const pushConfigFields = {
  id: text(id),
  url: uri,
  token: secretText.optional(),
  authentication: fields({
    schemes: z.array(schemeText).max(10).default([]),
    credentials: secretText.optional(),
  }).optional(),
};

function pushConfigFrom({
  id,
  url,
  token,
  authentication,
}: {
  id?: string | undefined;
  url: string;
  token?: string | undefined;
  authentication?: { schemes: string[]; credentials?: string | undefined } | undefined;
}): PushConfigWanted {
  const [scheme] = authentication?.schemes ?? [];
  const authenticated = scheme === undefined ? undefined : { scheme, credentials: authentication?.credentials };
  return { id, url, token, authentication: authenticated };
}

export const pushConfig = fields(pushConfigFields).transform(pushConfigFrom);

/** A message with how it is to be answered. The proto file has a name of its own for where to push. */
export function sending(message: z.ZodType<MessageView>) {
  return fields({
    message,
    configuration: fields({
      acceptedOutputModes: mediaTypes.optional(),
      pushNotification: pushConfig.optional(),
      pushNotificationConfig: pushConfig.optional(),
      historyLength: historyLength.optional(),
      blocking: yesOrNo.optional(),
    }).optional(),
    metadata: metadata.optional(),
  }).transform(({ message, configuration, metadata = null }) => ({
    message,
    outputModes: configuration?.acceptedOutputModes ?? [],
    push: configuration?.pushNotificationConfig ?? configuration?.pushNotification ?? null,
    historyLength: configuration?.historyLength ?? null,
    // Who says how to be answered, and not that he waits, does not wait.
    waits: configuration === undefined ? true : configuration.blocking === true,
    metadata,
  }));
}

const send = sending(message);

export const read: Codec["read"] = {
  ...readV1,
  send,
  stream: send,
  pushCreate: fields({ taskId: id, pushNotificationConfig: pushConfig }).transform(
    ({ taskId, pushNotificationConfig: config }) => ({ taskId, config }),
  ),
  pushGet: fields({ id, pushNotificationConfigId: id.optional() }).transform(
    ({ id: taskId, pushNotificationConfigId = null }) => ({ taskId, id: pushNotificationConfigId }),
  ),
  pushList: fields({ id }).transform(({ id: taskId }) => ({ taskId, pageSize: null, pageToken: "" })),
  pushDelete: fields({ id, pushNotificationConfigId: id }).transform(({ id: taskId, pushNotificationConfigId }) => ({
    taskId,
    id: pushNotificationConfigId,
  })),
};
