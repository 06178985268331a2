/**
 * The scope that each route of each API asks for, as its document says it. None can be written without; one that
 * asks for another than `tasks` fails here unless the table has it, and so does one that lets in a key without its scope, or keeps out
 * one that has no other.
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { LENSES } from "../src/lenses/index.ts";
import { SCOPES, type Scope } from "../src/task/principal.ts";
import { startTestServer, type TestServer } from "./server.ts";

const methods = ["get", "post", "put", "patch", "delete"] as const;
const operation = z.object({
  operationId: z.string(),
  security: z.array(z.unknown()).optional(),
  "x-scope": z.enum([...SCOPES, "any"]).optional(),
});
const document = z.object({
  paths: z.record(z.string(), z.partialRecord(z.enum([...methods, "parameters"]), z.unknown())),
});
type Asked = { lens: string; id: string; method: string; url: string; scope: Scope | "any" };

/** Those that do not ask for `tasks`. */
const OTHER_SCOPES: Record<string, readonly string[]> = {
  "native work": ["claimWork", "heartbeatWork", "completeWork", "failWork"],
  "native admin": ["listAudit", "exportAudit"],
  // Who calls, what there is to ask, and keys, of which each verb says who may.
  "native any": [
    ...["getCaller", "listKeys", "createKey", "revokeKey", "rotateKey", "revokeKeysOfUser"],
    ...["listAgents", "getAgent"],
  ],
  "orchestrate any": [
    ...[
      "list_agents",
      "get_agent",
      "list_agent_environments",
      "list_tenants",
      "create_tenant",
      "list_tools",
      "get_tool",
    ],
    ...["list_external_agents", "get_external_agents", "list_external_assistants", "get_external_assistants"],
    ...["list_toolkits", "get_toolkits", "list_connections", "get_connections"],
  ],
  // Each method of JSON-RPC asks for its own.
  "a2a any": ["call_method", "card_get_1_0", "card_get_0_3"],
};
let server: TestServer;
let asked: Asked[] = [];
beforeAll(async () => {
  server = await startTestServer({ mode: "serve", keys: [{ user: "ada", scopes: [...SCOPES] }] });
  asked = (
    await Promise.all(LENSES.map(({ name, mount, variants = [""] }) => askedIn(name, mount, variants[0] ?? "")))
  ).flat();
});
afterAll(() => server.stop());

async function askedIn(lens: string, mount: string, variant: string): Promise<Asked[]> {
  const at = (await server.call(`${mount}${variant}/openapi.json`)).status === 200 ? `${mount}${variant}` : mount;
  const { paths } = document.parse(await (await server.call(`${at}/openapi.json`)).json());
  return Object.entries(paths).flatMap(([path, item]) =>
    methods.flatMap((method) => {
      if (item[method] === undefined) return [];
      const { operationId: id, security, "x-scope": scope } = operation.parse(item[method]);
      if (security?.length === 0) return [];
      if (scope === undefined) throw new Error(`${lens} ${id} says no scope.`);
      return [{ lens, id, method, scope, url: `${mount}${variant}${path.replaceAll(/\{\w+\}/g, "nobody")}` }];
    }),
  );
}

async function keyFor(scopes: readonly Scope[]): Promise<string> {
  const json = { name: "k", scopes };
  const made = await server.call("/v1/keys", { key: server.secrets[0] ?? "", json });
  return z.object({ secret: z.string() }).parse(await made.json()).secret;
}

async function statusOf({ method, url }: Asked, key: string): Promise<number> {
  const answer = await server.call(url, { method: method.toUpperCase(), key });
  await answer.body?.cancel();
  return answer.status;
}

it("is said by every route, and is the one that the table has", () => {
  const others = Map.groupBy(
    asked.filter(({ scope }) => scope !== "tasks"),
    ({ lens, scope }) => `${lens} ${scope}`,
  );
  expect(
    Object.fromEntries([...others].map(([name, routes]) => [name, routes.map(({ id }) => id).toSorted()])),
  ).toEqual(Object.fromEntries(Object.entries(OTHER_SCOPES).map(([name, ids]) => [name, ids.toSorted()])));
  expect(new Set(asked.filter(({ scope }) => scope === "tasks").map(({ lens }) => lens))).toEqual(
    new Set(LENSES.map(({ name }) => name)),
  );
});

it("keeps every key out that has all others, and none that has it alone", async () => {
  const wrong: string[] = [];
  for (const scope of ["tasks", "work", "admin"] as const) {
    const without = await keyFor(
      SCOPES.filter((each) => each !== scope && (scope !== "tasks" || each !== "tasks:all")),
    );
    const alone = await keyFor([scope]);
    for (const route of asked.filter((each) => each.scope === scope)) {
      const name = `${route.lens} ${route.id}`;
      const [refused, allowed] = [await statusOf(route, without), await statusOf(route, alone)];
      if (refused !== 403) wrong.push(`${name} is ${refused} without ${scope}`);
      if (allowed === 401 || allowed === 403 || allowed >= 500) wrong.push(`${name} is ${allowed} with ${scope} alone`);
    }
  }
  expect(wrong).toEqual([]);
});
