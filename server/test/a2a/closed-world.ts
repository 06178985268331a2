/** What each dialect may write: every member of every object that its own schema knows, and no other. */
import { z } from "zod";
import type { Dialect } from "./client.ts";

const json = z.record(z.string(), z.unknown());
const texts = z.array(z.string()).min(1);
const more = { metadata: json.optional(), extensions: texts.optional() };
const STATES = ["SUBMITTED", "WORKING", "INPUT_REQUIRED", "AUTH_REQUIRED", "COMPLETED", "FAILED", "REJECTED"];

/** What the dialects have in common: tasks in the words of one of them. */
function worldOf({ part, states, roles, partsAre, kinds, isNew }: Words) {
  const kind = (name: string) => (kinds ? { kind: z.literal(name) } : {});
  const message = z.strictObject({
    ...kind("message"),
    messageId: z.string().min(1),
    contextId: z.string().optional(),
    taskId: z.string().optional(),
    role: z.enum(roles),
    [partsAre]: z.array(part).min(1),
    ...more,
    ...((isNew || kinds) && { referenceTaskIds: texts.optional() }),
  });
  const status = z.strictObject({ state: z.enum(states), message: message.optional(), timestamp: z.iso.datetime() });
  const artifact = z.strictObject({
    artifactId: z.string().min(1),
    name: z.string().optional(),
    description: z.string().optional(),
    parts: z.array(part).min(1),
    ...more,
  });
  const names = { taskId: z.string(), contextId: z.string(), metadata: json.optional() };
  const task = z.strictObject({
    ...kind("task"),
    id: z.string(),
    contextId: z.string(),
    status,
    artifacts: z.array(artifact).optional(),
    history: z.array(message).optional(),
    metadata: json.optional(),
  });
  const statusUpdate = z.strictObject({
    ...kind("status-update"),
    ...names,
    status,
    ...(!isNew && { final: z.boolean() }),
  });
  const artifactUpdate = z.strictObject({
    ...kind("artifact-update"),
    ...names,
    artifact,
    append: z.boolean(),
    lastChunk: z.boolean(),
  });
  const sent: z.ZodType[] = kinds ? [task, message] : [z.strictObject({ task }), z.strictObject({ message })];
  const events: z.ZodType[] = kinds
    ? [statusUpdate, artifactUpdate]
    : [z.strictObject({ statusUpdate }), z.strictObject({ artifactUpdate })];
  return { task, sent: z.union(sent), event: z.union([...sent, ...events]) };
}

type Words = {
  part: z.ZodType;
  states: readonly string[];
  roles: readonly string[];
  partsAre: "parts" | "content";
  /** Each object says what it is. */
  kinds: boolean;
  isNew: boolean;
};

const PROTO_STATES = [...STATES, "CANCELED"].map((state) => `TASK_STATE_${state}`);
const PROTO_ROLES = ["ROLE_USER", "ROLE_AGENT"];
const about = { metadata: json.optional(), filename: z.string().optional(), mediaType: z.string().optional() };
const inNew = worldOf({
  part: z.union([
    z.strictObject({ text: z.string(), ...about }),
    z.strictObject({ raw: z.base64(), ...about }),
    z.strictObject({ url: z.string(), ...about }),
    z.strictObject({ data: z.unknown(), ...about }).refine(({ data }) => data !== undefined),
  ]),
  ...{ states: PROTO_STATES, roles: PROTO_ROLES, partsAre: "parts", kinds: false, isNew: true },
});

const file = { name: z.string().optional(), mimeType: z.string().optional() };
const inOld = worldOf({
  part: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("text"), text: z.string(), metadata: json.optional() }),
    z.strictObject({
      kind: z.literal("file"),
      file: z.union([z.strictObject({ bytes: z.base64(), ...file }), z.strictObject({ uri: z.string(), ...file })]),
      metadata: json.optional(),
    }),
    z.strictObject({ kind: z.literal("data"), data: json, metadata: json.optional() }),
  ]),
  states: [...STATES, "CANCELED"].map((state) => state.toLowerCase().replace("_", "-")),
  ...{ roles: ["user", "agent"], partsAre: "parts", kinds: true, isNew: false },
});

const mimeType = z.string().optional();
const inOldHttp = worldOf({
  part: z.union([
    z.strictObject({ text: z.string() }),
    z.strictObject({
      file: z.union([
        z.strictObject({ fileWithUri: z.string(), mimeType }),
        z.strictObject({ fileWithBytes: z.base64(), mimeType }),
      ]),
    }),
    z.strictObject({ data: z.strictObject({ data: json }) }),
  ]),
  states: [...STATES, "CANCELLED"].map((state) => `TASK_STATE_${state}`),
  ...{ roles: PROTO_ROLES, partsAre: "content", kinds: false, isNew: false },
});

const common = { id: z.string(), url: z.url(), token: z.string().optional() };
const credentials = z.string().optional();
const newConfig = z.strictObject({
  ...common,
  taskId: z.string(),
  authentication: z.strictObject({ scheme: z.string(), credentials }).optional(),
});
const pushNotificationConfig = z.strictObject({
  ...common,
  authentication: z.strictObject({ schemes: texts, credentials }).optional(),
});
const oldConfig = z.strictObject({ taskId: z.string(), pushNotificationConfig });
const protoConfig = z.strictObject({ name: z.string(), pushNotificationConfig });

const counted = { nextPageToken: z.string(), pageSize: z.int(), totalSize: z.int() };
const paged = <Config extends z.ZodType>(config: Config) =>
  z.strictObject({ configs: z.array(config), nextPageToken: z.string() });
const rpcError = z.strictObject({ code: z.int(), message: z.string(), data: z.unknown().optional() });

/** What an operation of a dialect may be answered with; `refused` is the error, as `client.ts` has it. */
export const WORLDS = {
  J1: {
    ...inNew,
    list: z.strictObject({ tasks: z.array(inNew.task), ...counted }),
    config: newConfig,
    configs: paged(newConfig),
    refused: rpcError,
  },
  R1: {
    ...inNew,
    list: z.strictObject({ tasks: z.array(inNew.task), ...counted }),
    config: newConfig,
    configs: paged(newConfig),
    refused: z.strictObject({ code: z.int(), status: z.string(), message: z.string(), details: z.array(json) }),
  },
  J3: {
    ...inOld,
    list: z.strictObject({ tasks: z.array(inOld.task), ...counted }),
    config: oldConfig,
    configs: z.array(oldConfig),
    refused: rpcError,
  },
  R3: {
    ...inOldHttp,
    list: z.strictObject({
      tasks: z.array(inOldHttp.task.extend({ kind: z.literal("task") })),
      nextPageToken: z.string(),
    }),
    config: protoConfig,
    configs: paged(protoConfig),
    refused: rpcError,
  },
} satisfies Record<Dialect, Record<string, z.ZodType>>;
