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

const isRpc = (dialect: Dialect) => dialect === "J1" || dialect === "J3";
const isOld = (dialect: Dialect) => dialect === "J3" || dialect === "R3";

/** Asks as a client of that dialect does. */
export async function ask(...asked: Parameters<typeof request>): Promise<Told> {
  return told(await request(...asked), isRpc(asked[1]));
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

async function told(response: Response, rpc: boolean): Promise<Told> {
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
