/** A built folder of Waybill under one of the loads that builds are compared by. */
import { existsSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import type { Start } from "../server.ts";
import type { Order } from "./generator.ts";
import { Rig } from "./rig.ts";

const TASKS = {
  submit: { kind: "external", input: { queue: "bench" } },
  await: { kind: "noop", input: {} },
  get: { kind: "agent", input: { query: "What is the capital of France?" } },
  agent: { kind: "agent", input: { query: "What is the capital of France?" } },
};

/** To an agent that answers at once. */
const MESSAGE = {
  jsonrpc: "2.0",
  id: 1,
  method: "SendMessage",
  params: { message: { messageId: "bench", role: "ROLE_USER", parts: [{ text: TASKS.agent.input.query }] } },
};

const PATHS = { submit: "/v1/tasks", await: "/v1/tasks?wait=10", agent: "/v1/tasks?wait=60" };

export const LOADS = ["submit", "await", "get", "agent", "a2a"] as const;
export type Load = (typeof LOADS)[number];

/** Its server, with what the load asks and keys that may ask as often as a generator can, where it has those. */
export function startBuild(folder: string, load: Load, start: Start = {}): Promise<Rig> {
  const config = (load === "a2a" ? ["a2a.config.ts"] : ["builds.config.ts", "noop.config.ts"])
    .map((file) => path.resolve(folder, "bench", file))
    .find((file) => existsSync(file));
  const flags = config === undefined ? [] : ["--config", config];
  return Rig.start({ ...start, bin: path.resolve(folder, "server/bin/waybill.js"), flags });
}

export async function orderOf(rig: Rig, load: Load, { connections, seconds }: Omit<Order, "url" | "requests">) {
  const order = { connections, seconds, url: rig.server.url };
  if (load === "get") {
    const { id } = z.object({ id: z.string() }).parse(JSON.parse(await rig.call("/v1/tasks?wait=20", TASKS.get)));
    return { ...order, requests: [{ method: "GET", path: `/v1/tasks/${id}`, headers: rig.headers }] };
  }
  if (load === "a2a") {
    const headers = { ...rig.jsonHeaders, "a2a-version": "1.0" };
    return { ...order, requests: [{ method: "POST", path: "/a2a/instant", headers, body: JSON.stringify(MESSAGE) }] };
  }
  const body = JSON.stringify(TASKS[load]);
  return { ...order, requests: [{ method: "POST", path: PATHS[load], headers: rig.jsonHeaders, body }] };
}
