/** The protocol as a client writes it, each operation in all four dialects: what the tests of this lens ask with. */
import type { TestServer } from "../server.ts";

export const DIALECTS = ["J1", "R1", "J3", "R3"] as const;
export type Dialect = (typeof DIALECTS)[number];

type Path = { method: "GET" | "POST" | "DELETE"; path: (params: Params) => string; inPath: readonly string[] };
type Params = Record<string, unknown>;
type Operation = { J1: string; J3: string; http: Path; v03?: Path };

const task = (suffix: string, method: Path["method"]): Path => ({
  method,
  path: ({ id }) => `/tasks/${id}${suffix}`,
  inPath: ["id"],
});
const at = (path: string, method: Path["method"]): Path => ({ method, path: () => path, inPath: [] });

export const OPERATIONS = {
  send: { J1: "SendMessage", J3: "message/send", http: at("/message:send", "POST") },
  stream: { J1: "SendStreamingMessage", J3: "message/stream", http: at("/message:stream", "POST") },
  subscribe: { J1: "SubscribeToTask", J3: "tasks/resubscribe", http: task(":subscribe", "POST") },
  get: { J1: "GetTask", J3: "tasks/get", http: task("", "GET") },
  list: { J1: "ListTasks", J3: "tasks/list", http: at("/tasks", "GET") },
  cancel: { J1: "CancelTask", J3: "tasks/cancel", http: task(":cancel", "POST") },
  pushList: {
    J1: "ListTaskPushNotificationConfigs",
    J3: "tasks/pushNotificationConfig/list",
    http: {
      method: "GET",
      path: ({ taskId }) => `/tasks/${taskId}/pushNotificationConfigs`,
      inPath: ["id", "taskId"],
    },
  },
  card: {
    J1: "GetExtendedAgentCard",
    J3: "agent/getAuthenticatedExtendedCard",
    http: at("/extendedAgentCard", "GET"),
    v03: at("/card", "GET"),
  },
} as const satisfies Record<string, Operation>;
export type OperationName = keyof typeof OPERATIONS;

export type Asked = {
  /** Below the lens: `/a2a` when absent. */
  base?: string;
  key?: string;
  headers?: Record<string, string>;
};
export type Told = {
  status: number;
  headers: Headers;
  /** Undefined when it was refused. */
  result: Params | undefined;
  /** As JSON-RPC counts, or for HTTP the status. */
  error: { code: number; message: string; data?: unknown; status?: string; details?: Params[] } | undefined;
  text: string;
};

export const isRpc = (dialect: Dialect) => dialect === "J1" || dialect === "J3";
export const isOld = (dialect: Dialect) => dialect === "J3" || dialect === "R3";

/** Asks as a client of that dialect does. */
export async function ask(...asked: Parameters<typeof request>): Promise<Told> {
  return answerOf(await request(...asked), isRpc(asked[1]));
}

/** The same, with the answer as it comes. */
export async function request(
  server: Pick<TestServer, "call">,
  dialect: Dialect,
  name: OperationName,
  params: Params = {},
  { base = "/a2a", key, headers = {} }: Asked = {},
): Promise<Response> {
  const operation: Operation = OPERATIONS[name];
  const version: Record<string, string> = isOld(dialect) ? {} : { "a2a-version": "1.0" };
  const common = { headers: { ...version, ...headers }, ...(key !== undefined && { key }) };
  if (isRpc(dialect)) {
    const method = dialect === "J1" ? operation.J1 : operation.J3;
    return server.call(base, { ...common, json: { jsonrpc: "2.0", id: 7, method, params } });
  }
  const { method, path, inPath } = (isOld(dialect) && operation.v03) || operation.http;
  const rest = Object.entries(params).filter(([field]) => !inPath.includes(field));
  const query = new URLSearchParams();
  if (method !== "POST") for (const [field, value] of rest) query.set(field, String(value));
  const url = `${base}${isOld(dialect) ? "/v1" : ""}${path(params)}${query.size > 0 ? `?${query}` : ""}`;
  const body = method === "POST" ? { json: Object.fromEntries(rest) } : {};
  return server.call(url, { ...common, ...body, method });
}

async function answerOf(response: Response, rpc: boolean): Promise<Told> {
  const text = await response.text();
  const body = text === "" ? undefined : JSON.parse(text);
  const { status, headers } = response;
  if (rpc) return { status, headers, result: body?.result, error: body?.error, text };
  const refused = status >= 400;
  return {
    status,
    headers,
    result: refused ? undefined : body,
    error: refused ? (body?.error ?? body) : undefined,
    text,
  };
}

export type SentPart = {
  text?: string;
  raw?: string;
  url?: string;
  data?: unknown;
  filename?: string;
  mediaType?: string;
  metadata?: Params;
};
export type Sent = {
  text?: string;
  parts?: SentPart[];
  id?: string;
  taskId?: string;
  contextId?: string;
  waits?: boolean;
  historyLength?: number;
  more?: Params;
};

/** A message as that dialect writes it, whose parts are given as 1.0 writes them. */
export function written(
  dialect: Dialect,
  { text = "", parts = [{ text }], id = crypto.randomUUID(), ...sent }: Sent,
): Params {
  const { taskId, contextId, waits, historyLength, more } = sent;
  const named = { messageId: id, ...(taskId && { taskId }), ...(contextId && { contextId }), ...more };
  const old = isOld(dialect);
  const configuration = {
    ...(waits !== undefined && (old ? { blocking: waits } : { returnImmediately: !waits })),
    ...(historyLength !== undefined && { historyLength }),
  };
  const content = parts.map((part) => (dialect === "J3" ? oldPart(part) : dialect === "R3" ? protoPart(part) : part));
  return {
    message: {
      ...named,
      role: dialect === "J3" ? "user" : "ROLE_USER",
      [dialect === "R3" ? "content" : "parts"]: content,
      ...(dialect === "J3" && { kind: "message" }),
    },
    ...(Object.keys(configuration).length > 0 && { configuration }),
  };
}

function oldPart({ text, raw, url, data, filename, mediaType, metadata }: SentPart): Params {
  const rest = metadata === undefined ? {} : { metadata };
  if (text !== undefined) return { kind: "text", text, metadata: { ...metadata, ...(mediaType && { mediaType }) } };
  if (data !== undefined) return { kind: "data", data, ...rest };
  const named = { ...(filename && { name: filename }), ...(mediaType && { mimeType: mediaType }) };
  return { kind: "file", file: { ...named, ...(raw === undefined ? { uri: url } : { bytes: raw }) }, ...rest };
}

function protoPart({ text, raw, url, data, mediaType }: SentPart): Params {
  if (text !== undefined) return { text };
  if (data !== undefined) return { data: { data } };
  const mimeType = mediaType && { mimeType: mediaType };
  return { file: raw === undefined ? { fileWithUri: url, ...mimeType } : { fileWithBytes: raw, ...mimeType } };
}

export function send(server: Pick<TestServer, "call">, dialect: Dialect, sent: Sent, asked?: Asked): Promise<Told> {
  return ask(server, dialect, "send", written(dialect, sent), asked);
}

/** What is at a path of a JSON value; undefined where that leads nowhere. */
export function dig(value: unknown, ...path: (string | number)[]): unknown {
  return path.reduce<unknown>((at, key) => (Object(at) === at ? Reflect.get(Object(at), key) : undefined), value);
}

/** The task that a send was answered with. Throws when it was something else. */
export function sentTask(dialect: Dialect, { result, text }: Told): Params {
  const task = dialect === "J3" ? result : dig(result, "task");
  if (typeof task !== "object" || task === null || !("status" in task)) throw new Error(`No task: ${text}`);
  return { ...task };
}

export function idOf(task: unknown): string {
  return String(dig(task, "id"));
}

/** In the words of 0.3, whichever version told it. */
export function stateOf(task: unknown): string {
  const word = String(dig(task, "status", "state"))
    .replace("TASK_STATE_", "")
    .toLowerCase()
    .replaceAll("_", "-");
  return word === "cancelled" ? "canceled" : word;
}

/** The parts of a message as 1.0 writes them, whichever dialect told it. */
export function message(dialect: Dialect, said: unknown): SentPart[] {
  const parts = dig(said, dialect === "R3" ? "content" : "parts");
  if (!Array.isArray(parts)) throw new Error(`No message: ${JSON.stringify(said)}`);
  return parts.map((part: unknown): SentPart => {
    if (!isOld(dialect)) return Object(part);
    const file: unknown = dig(part, "file");
    if (file === undefined) return { text: String(dig(part, "text")), data: dig(part, "data") };
    const found = {
      raw: dig(file, "bytes") ?? dig(file, "fileWithBytes"),
      url: dig(file, "uri") ?? dig(file, "fileWithUri"),
      filename: dig(file, "name"),
      mediaType: dig(file, "mimeType"),
    };
    return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
  });
}

const OF_REASON: Readonly<Record<string, number>> = {
  TASK_NOT_FOUND: -32001,
  TASK_NOT_CANCELABLE: -32002,
  PUSH_NOTIFICATION_NOT_SUPPORTED: -32003,
  UNSUPPORTED_OPERATION: -32004,
  CONTENT_TYPE_NOT_SUPPORTED: -32005,
  EXTENDED_AGENT_CARD_NOT_CONFIGURED: -32007,
  EXTENSION_SUPPORT_REQUIRED: -32008,
  VERSION_NOT_SUPPORTED: -32009,
};

/** The protocol's code of an error, whichever dialect told it: over HTTP, 1.0 says it by its reason. */
export function told(dialect: Dialect, error: Told["error"]): number | undefined {
  if (dialect !== "R1") return error?.code;
  const [detail] = error?.details ?? [];
  if (detail && "fieldViolations" in detail) return -32602;
  return OF_REASON[String(detail?.["reason"])];
}
