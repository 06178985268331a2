/** A modest caller of another tenant: what it notices is what counts. */
import { Agent, request } from "node:http";

/** `slowest` is which requests took longest, and how long. */
export type Noticed = { requests: number; failed: string[]; p50Ms: number; p99Ms: number; slowest: string[] };
export type Door = { host: string; port: number; key: string };
type Asked = { method: string; path: string; body?: string };

const PAUSE_MS = 10;
const ANSWER_MS_MAX = 30_000;
const SLOWEST_MAX = 5;
const SUBMIT = JSON.stringify({ kind: "external", input: { queue: "neighbour" } });

/** Of six requests: a submit, a list, its own task three times and the server's health, on a connection of its own. */
function nth(n: number, task: string): Asked {
  switch (n % 6) {
    case 0:
      return { method: "POST", path: "/v1/tasks", body: SUBMIT };
    case 1:
      return { method: "GET", path: "/v1/tasks?limit=5" };
    case 2:
      return { method: "GET", path: "/health" };
    default:
      return { method: "GET", path: `/v1/tasks/${task}` };
  }
}

/** A request and its answer; `agent` false is a connection for it alone. */
export function ask(
  door: Door,
  { method, path, body }: Asked,
  agent: Agent | false,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${door.key}`,
      ...(body !== undefined && { "content-type": "application/json", "content-length": Buffer.byteLength(body) }),
    };
    const { host, port } = door;
    const sent = request({ host, port, method, path, headers, agent, timeout: ANSWER_MS_MAX }, (answer) => {
      let text = "";
      answer.on("data", (chunk: Buffer) => {
        text += chunk.toString();
      });
      answer.on("error", reject).on("end", () => resolve({ status: answer.statusCode ?? 0, text }));
    });
    sent.on("timeout", () => sent.destroy(new Error("no answer"))).on("error", reject);
    sent.end(body);
  });
}

/** Asks one thing after the other until `isOver` says so. */
export async function neighbour(door: Door, isOver: (requests: number) => boolean): Promise<Noticed> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const { text } = await ask(door, { method: "POST", path: "/v1/tasks", body: SUBMIT }, agent);
  const task: string = JSON.parse(text).id;
  const times: { ms: number; what: string }[] = [];
  const failed: string[] = [];
  for (let n = 0; !isOver(n); n++) {
    const asked = nth(n, task);
    const from = performance.now();
    try {
      const { status } = await ask(door, asked, asked.path === "/health" ? false : agent);
      if (status >= 400) failed.push(`${asked.method} ${asked.path}: ${status}`);
    } catch (error) {
      failed.push(`${asked.method} ${asked.path}: ${error instanceof Error ? error.message : String(error)}`);
    }
    times.push({ ms: performance.now() - from, what: `${asked.method} ${asked.path.replace(task, "{id}")}` });
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  agent.destroy();
  times.sort((a, b) => a.ms - b.ms);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))]?.ms ?? 0;
  const slowest = times
    .slice(-SLOWEST_MAX)
    .reverse()
    .map(({ ms, what }) => `${what} ${ms.toFixed(0)} ms`);
  return { requests: times.length, failed, p50Ms: at(0.5), p99Ms: at(0.99), slowest };
}
