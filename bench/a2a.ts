/**
 * The A2A lens, which is durable, beside the official SDK's own server, which keeps its tasks in memory: a message to an agent
 * that answers at once, and a stream of a hundred events, by each of the dialects. In turn, in the same run.
 *
 *   node bench/a2a.ts [pairs] [seconds per run] [clients]
 */
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { Rig } from "./load/rig.ts";

const pairs = Number(process.argv[2] ?? 9);
const seconds = Number(process.argv[3] ?? 2);
const connections = Number(process.argv[4] ?? 64);

type Request = { method: string; path: string; headers: Record<string, string>; body: string };
type Dialect = { name: string; request: (agent: string, streams: boolean) => Request };

const TEXT = "What is the capital of France?";
const rig = await Rig.start({ flags: ["--config", fileURLToPath(new URL("a2a.config.ts", import.meta.url))] });
const newer = { ...rig.jsonHeaders, "a2a-version": "1.0" };
const message = { messageId: randomUUID(), role: "ROLE_USER", parts: [{ text: TEXT }] };
const older = { kind: "message", messageId: randomUUID(), role: "user", parts: [{ kind: "text", text: TEXT }] };

const DIALECTS: readonly Dialect[] = [
  {
    name: "1.0, JSON-RPC",
    request: (agent, streams) => {
      const method = streams ? "SendStreamingMessage" : "SendMessage";
      const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: { message } });
      return { method: "POST", path: `/a2a/${agent}`, headers: newer, body };
    },
  },
  {
    name: "1.0, HTTP+JSON",
    request: (agent, streams) => {
      const path = `/a2a/${agent}/message:${streams ? "stream" : "send"}`;
      return { method: "POST", path, headers: newer, body: JSON.stringify({ message }) };
    },
  },
  {
    name: "0.3, JSON-RPC",
    request: (agent, streams) => {
      const method = streams ? "message/stream" : "message/send";
      const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: { message: older } });
      return { method: "POST", path: `/a2a/${agent}`, headers: rig.jsonHeaders, body };
    },
  },
];

const OPERATIONS = [
  { what: "a message to an instant agent", agent: "instant", streams: false, updates: 1 },
  { what: "a stream of 100 events", agent: "hundred", streams: true, updates: 100 },
];

/** Both must have answered with the work done before it is counted how often they do. */
async function mustBeDone(url: string, { path, ...request }: Request, updates: number): Promise<void> {
  const text = await (await fetch(url + path, request)).text();
  const made = text.match(/"artifactId":"made"/g)?.length ?? 0;
  if (made !== updates || !/"(?:TASK_STATE_COMPLETED|completed)"/.test(text)) throw new Error(`${url}${path}: ${text}`);
}

try {
  const sdk = await rig.baseline("a2a-sdk.ts");
  for (const { what, agent, streams, updates } of OPERATIONS) {
    for (const { name, request } of DIALECTS) {
      const asked = request(agent, streams);
      for (const url of [rig.server.url, sdk]) await mustBeDone(url, asked, updates);
      const order = { connections, seconds, requests: [asked] };
      await rig.compare(
        { what: `${what} (${name})`, atLeast: 1, pairs, than: "the SDK's server in memory" },
        { ...order, url: rig.server.url },
        { ...order, url: sdk },
      );
    }
  }
} finally {
  await rig.end();
}
