/** Requests of version 1.0: JSON-RPC and HTTP alike. */
import { z } from "zod";
import { json } from "../../../../task/json/json.ts";
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
  timestamp,
  uri,
  whole,
  wireState,
  yesOrNo,
} from "../fields.ts";
import { PAGE_SIZE, PAGE_SIZE_MAX } from "../paging.ts";

const part = fields(
  {
    text: z.string().optional(),
    raw: base64.optional(),
    url: uri.optional(),
    data: json.optional(),
    metadata: metadata.optional(),
    filename: text(filename),
    mediaType: text(mediaType),
  },
  ["data"],
).transform(({ text: words, raw, url, data, metadata, filename, mediaType }, issues): Part => {
  const common = {
    ...(filename !== undefined && { name: filename }),
    ...(mediaType !== undefined && { mediaType }),
    ...(metadata !== undefined && { metadata }),
  };
  const found: Part[] = [
    ...(words !== undefined ? [{ text: words, ...common }] : []),
    ...(raw !== undefined ? [{ file: { bytes: raw }, ...common }] : []),
    ...(url !== undefined ? [{ file: { url }, ...common }] : []),
    ...(data !== undefined ? [{ data, ...common }] : []),
  ];
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  issues.addIssue({ code: "custom", message: "must have exactly one of text, raw, url and data" });
  return z.NEVER;
});

const message = fields({ ...messageFields, parts: z.array(part).min(1).max(PARTS_MAX) });

const pushConfigFields = {
  tenant: z.string().optional(),
  id: text(id),
  taskId: text(id),
  url: uri,
  token: secretText.optional(),
  authentication: fields({
    scheme: schemeText,
    credentials: secretText.optional(),
  }).optional(),
};

const pushConfig = fields(pushConfigFields).transform(
  ({ id, url, token, authentication }): PushConfigWanted => ({ id, url, token, authentication }),
);

const tenant = z.string().max(255).optional();

/** Before 1.0 was final a configuration came in an envelope, which the official client for Go still writes. */
const pushCreate = z.preprocess(
  (given) => {
    if (typeof given !== "object" || given === null || !("config" in given) || "url" in given) return given;
    const { config, ...around } = given;
    return typeof config === "object" ? { ...config, ...around } : given;
  },
  fields({ ...pushConfigFields, taskId: id }).transform(({ tenant, taskId, ...config }) => ({
    tenant,
    taskId,
    config,
  })),
);

const send = fields({
  tenant,
  message,
  configuration: fields({
    acceptedOutputModes: mediaTypes.optional(),
    taskPushNotificationConfig: pushConfig.optional(),
    // So that client calls it here.
    pushNotificationConfig: pushConfig.optional(),
    historyLength: historyLength.optional(),
    returnImmediately: yesOrNo.optional(),
  }).optional(),
  metadata: metadata.optional(),
}).transform(({ tenant, message, configuration, metadata = null }) => ({
  tenant,
  message,
  outputModes: configuration?.acceptedOutputModes ?? [],
  push: configuration?.taskPushNotificationConfig ?? configuration?.pushNotificationConfig ?? null,
  historyLength: configuration?.historyLength ?? null,
  waits: configuration?.returnImmediately !== true,
  metadata,
}));

const ofTask = { tenant, id };
const ofConfig = { tenant, taskId: id };

export const read: Codec["read"] = {
  send,
  stream: send,
  get: fields({ ...ofTask, historyLength: historyLength.optional() }).transform(
    ({ historyLength = null, ...rest }) => ({
      ...rest,
      historyLength,
    }),
  ),
  list: fields({
    tenant,
    contextId: z.string().max(1024).optional(),
    status: wireState.optional(),
    pageSize: whole(1, PAGE_SIZE_MAX).optional(),
    pageToken: z.string().max(4096).optional(),
    historyLength: historyLength.optional(),
    statusTimestampAfter: timestamp.optional(),
    // So that client calls it over HTTP.
    lastUpdatedAfter: timestamp.optional(),
    includeArtifacts: yesOrNo.optional(),
  }).transform((given) => ({
    tenant: given.tenant,
    contextId: given.contextId || null,
    state: given.status ?? null,
    pageSize: given.pageSize ?? PAGE_SIZE,
    pageToken: given.pageToken ?? "",
    historyLength: given.historyLength ?? null,
    changedFrom: given.statusTimestampAfter ?? given.lastUpdatedAfter ?? null,
    includeArtifacts: given.includeArtifacts ?? false,
  })),
  cancel: fields({ ...ofTask, metadata: metadata.optional() }).transform(({ metadata = null, ...rest }) => ({
    ...rest,
    metadata,
  })),
  subscribe: fields(ofTask),
  pushCreate,
  pushGet: fields({ ...ofConfig, id }),
  pushList: fields({
    ...ofConfig,
    pageSize: whole(1, PAGE_SIZE_MAX).optional(),
    pageToken: z.string().max(4096).optional(),
  }).transform(({ pageSize = null, pageToken = "", ...rest }) => ({ ...rest, pageSize, pageToken })),
  pushDelete: fields({ ...ofConfig, id }),
  card: fields({ tenant }),
};
