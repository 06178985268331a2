/** What goes wrong, told in the four dialects: the code of each, its status over HTTP, and what 1.0 says for programs. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { defineAgent } from "../../src/handlers/agent/definition.ts";
import { sharesConfig, sharesOf } from "../../src/http/shares/configuration.ts";
import { DIALECTS as SPOKEN } from "../../src/lenses/a2a/dialect.ts";
import { refused } from "../../src/lenses/a2a/errors.ts";
import { ProtocolRefusal } from "../../src/lenses/a2a/faults.ts";
import { Refusal } from "../../src/task/errors.ts";
import { startTestServer, type TestServer } from "../server.ts";
import { scripted } from "./agents.ts";
import {
  type Asked,
  ask,
  DIALECTS,
  type Dialect,
  idOf,
  isOld,
  isRpc,
  type OperationName,
  send,
  sentTask,
  type Told,
  written,
} from "./client.ts";

const demanding = defineAgent({
  slug: "demanding",
  name: "Demanding",
  card: { extensions: [{ uri: "https://example.com/ext/1", required: true }] },
});
const unfinished = defineAgent({ slug: "unfinished", name: "Unfinished", card: { extended: {} } });
const plainly = defineAgent({
  slug: "plainly",
  name: "Plainly",
  card: { extended: false, push: false, outputModes: ["text/html"] },
});

let server: TestServer;
let ended = "";
let asking = "";
/** The only stream that may be open. An answer that nobody holds is collected some time, and its connection with it. */
let followed: Response;
beforeAll(async () => {
  const bounds = {
    limits: { streams: 1 },
    shares: sharesOf("dev", sharesConfig.parse({ key: { bodiesBytes: 1 << 20 } })),
  };
  server = await startTestServer({ config: { agents: [scripted, demanding, unfinished, plainly], ...bounds } });
  ended = idOf(sentTask("J1", await send(server, "J1", { text: "count" })));
  await send(server, "J1", { text: "count", id: "once" }, { headers: ONCE });
  asking = idOf(sentTask("J1", await send(server, "J1", { text: "ask" })));
  followed = await server.call(`/a2a/tasks/${asking}:subscribe`, { method: "POST", json: {} });
});
afterAll(async () => {
  await followed.body?.cancel();
  await server.stop();
});

/** As each of the four has it. */
const PUSHED = Object.fromEntries(
  ["taskPushNotificationConfig", "pushNotificationConfig", "pushNotification"].map((name) => [
    name,
    { url: "https://example.com/" },
  ]),
);
const ONCE = { "idempotency-key": "one" };
const NOBODYS = "task_00000000000000000000000000";
const does =
  (name: OperationName, params: object, asked?: Asked) =>
  (dialect: Dialect): Promise<Told> =>
    ask(server, dialect, name, { ...params }, asked);
const says =
  (sent: Parameters<typeof send>[2], asked?: Asked, more: object = {}) =>
  (dialect: Dialect): Promise<Told> =>
    ask(server, dialect, "send", { ...written(dialect, sent), ...more }, asked);
/** A body that is none of the protocol's. */
const writes =
  (body: string, type = "application/json") =>
  async (dialect: Dialect): Promise<Told> => {
    const path = isRpc(dialect) ? "" : isOld(dialect) ? "/v1/message:send" : "/message:send";
    const init = { method: "POST", body, headers: { "content-type": type } };
    const response = await server.call(`/a2a${path}`, init);
    const told = JSON.parse(await response.text());
    const { status, headers } = response;
    return { status, headers, result: told.result, error: told.error ?? told, text: "" };
  };

type Row = [what: string, asks: (dialect: Dialect) => Promise<Told>, code: number, status: number, reason?: string];
const ROWS: Row[] = [
  ["a task that there is not", (d) => does("get", { id: NOBODYS })(d), -32001, 404, "TASK_NOT_FOUND"],
  ["the cancel of an ended task", (d) => does("cancel", { id: ended })(d), -32002, 400, "TASK_NOT_CANCELABLE"],
  ["a message to an ended task", (d) => says({ text: "more", taskId: ended })(d), -32004, 400, "UNSUPPORTED_OPERATION"],
  [
    "a part of a foreign type",
    says({ parts: [{ raw: "AAEC", mediaType: "video/x" }] }),
    -32005,
    400,
    "CONTENT_TYPE_NOT_SUPPORTED",
  ],
  [
    "a caller who takes nothing of what the agent gives",
    says({ text: "x" }, { base: "/a2a/plainly" }, { configuration: { acceptedOutputModes: ["image/png"] } }),
    ...([-32005, 400, "CONTENT_TYPE_NOT_SUPPORTED"] as const),
  ],
  ["a body that is no JSON", writes("<a/>", "text/xml"), -32005, 415, "CONTENT_TYPE_NOT_SUPPORTED"],
  [
    "a list of whom an agent pushes to that pushes to nobody",
    (d) => does("pushList", { id: ended, taskId: ended }, { base: "/a2a/plainly" })(d),
    ...([-32003, 400, "PUSH_NOTIFICATION_NOT_SUPPORTED"] as const),
  ],
  [
    "a message to it that wants to be told by push",
    says({ text: "x" }, { base: "/a2a/plainly" }, { configuration: PUSHED }),
    ...([-32003, 400, "PUSH_NOTIFICATION_NOT_SUPPORTED"] as const),
  ],
  [
    "an extended card that there is not",
    does("card", {}, { base: "/a2a/plainly" }),
    -32004,
    400,
    "UNSUPPORTED_OPERATION",
  ],
  [
    "an extended card that is not there yet",
    does("card", {}, { base: "/a2a/unfinished" }),
    ...([-32007, 400, "EXTENDED_AGENT_CARD_NOT_CONFIGURED"] as const),
  ],
  [
    "a version of the future",
    does("get", { id: ended }, { headers: { "a2a-version": "9.0" } }),
    -32009,
    400,
    "VERSION_NOT_SUPPORTED",
  ],
  ["half a JSON text", writes("{"), -32700, 400],
  ["a message without parts", says({ parts: [] }), -32602, 400],
  ["a key that was used with another message", says({ text: "ask" }, { headers: ONCE }), -32602, 409],
  ["more bytes than a caller may have in work", says({ text: "x".repeat(1_100_000) }), -32000, 429],
  ["one stream too many", (d) => does("subscribe", { id: asking })(d), -32000, 503],
];
const GRPC: Readonly<Record<number, RegExp>> = {
  400: /^(INVALID_ARGUMENT|FAILED_PRECONDITION)$/,
  404: /^NOT_FOUND$/,
  409: /^ABORTED$/,
  415: /^INVALID_ARGUMENT$/,
  429: /^RESOURCE_EXHAUSTED$/,
  503: /^UNAVAILABLE$/,
};
const TRAVELS: ReadonlySet<number> = new Set([415, 429, 503]);

describe.each(DIALECTS)("in %s", (dialect) => {
  it.each(ROWS)("%s is refused", async (_what, asks, code, status, reason) => {
    const told = await asks(dialect);
    expect(told.status).toBe(isRpc(dialect) && !TRAVELS.has(status) ? 200 : status);
    expect(told.error).toMatchObject({ message: expect.stringMatching(/./) });
    if (dialect !== "R1") expect(told.error?.code).toBe(code);
    else expect(told.error).toMatchObject({ code: status, status: expect.stringMatching(GRPC[status] ?? "") });
    if (status === 429 || status === 503) expect(Number(told.headers.get("retry-after"))).toBeGreaterThan(0);
    if (isOld(dialect) || reason === undefined) return;
    const details = dialect === "J1" ? told.error?.data : told.error?.details;
    const info = { "@type": expect.stringContaining("ErrorInfo"), reason, domain: "a2a-protocol.org" };
    expect(details).toMatchObject([info]);
  });

  it.each([
    [new Refusal("internal", "It broke."), -32603, 500, "INTERNAL"],
    [new ProtocolRefusal("invalidAgentResponse", "What?"), -32006, 500, "INTERNAL"],
  ] as const)("what no caller brings about has its words too: %s", (refusal, code, status, grpc) => {
    const spoken = SPOKEN[isRpc(dialect) ? "JSONRPC" : "HTTP+JSON"][isOld(dialect) ? "0.3" : "1.0"];
    const answer = refused(refusal, spoken, "seven");
    const body = JSON.parse(answer.body);
    expect(answer.status).toBe(isRpc(dialect) ? 200 : status);
    if (isRpc(dialect)) expect(body).toMatchObject({ id: "seven", error: { code } });
    else expect(body).toMatchObject(isOld(dialect) ? { code } : { error: { code: status, status: grpc } });
  });
});
