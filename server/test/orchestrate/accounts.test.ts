/** Logging in, files for runs, the runs of one assistant, and the way back for work that a run waits for. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { assistantRun } from "../../src/lenses/orchestrate/runs/schema.ts";
import { backgroundTask, taskBegun } from "../../src/lenses/orchestrate/tasks/schema.ts";
import type { ShannonServer } from "../shannon-server.ts";
import { type OrchestrateClient, orchestrateClient, startOrchestrateServer, textOf } from "./client.ts";

let server: ShannonServer;
let client: OrchestrateClient;
let strict: ShannonServer;
let stranger: OrchestrateClient;
beforeAll(async () => {
  server = await startOrchestrateServer();
  client = orchestrateClient(server);
  const keys = [
    { tenant: "north", user: "ada" },
    { tenant: "south", user: "eve" },
  ];
  strict = await startOrchestrateServer({ mode: "serve", keys });
  stranger = orchestrateClient(strict);
});
afterAll(() => Promise.all([server.stop(), strict.stop()]));

const token = z.strictObject({ access_token: z.string(), token_type: z.literal("bearer") });
const claims = z.looseObject({ sub: z.string(), woTenantId: z.string(), iat: z.int() });

function logIn(to: OrchestrateClient, fields: Record<string, string>, query = "") {
  const body = new URLSearchParams(fields);
  return fetch(`${to.root}/api/v1/auth/token${query}`, { method: "POST", body });
}

function claimsOf(jwt: string) {
  return claims.parse(JSON.parse(Buffer.from(jwt.split(".")[1] ?? "", "base64url").toString()));
}

describe("a login", () => {
  it("gives a developer a token, whatever the password, and the tenant that clients look for", async () => {
    const answer = await logIn(client, { username: "somebody", password: "whatever" });
    const { access_token } = token.parse(await answer.json());
    expect(claimsOf(access_token)).toMatchObject({ sub: "developer", woTenantId: "default" });
    const holder = orchestrateClient(server, access_token);
    const [tenant] = z.array(z.looseObject({ id: z.string() })).parse(await (await holder.call("/v1/tenants")).json());
    expect(tenant).toEqual({ id: "default", name: "wxo-dev", title: "default", tags: [] });
    const again = await logIn(client, { username: "a", password: "b" }, `?tenant_id=${tenant?.id}`);
    expect(again.status).toBe(200);
    expect((await holder.call("/v1/tenants", { json: { name: "wxo-dev", title: "T", tags: ["t"] } })).status).toBe(201);
    expect((await holder.call("/v1/tenants", { json: { name: "another" } })).status).toBe(403);
  });

  it("takes a key for a token, which is good for as long as the key, and for nobody else", async () => {
    const [ada = ""] = strict.secrets;
    const answer = await logIn(stranger, { username: "ada", password: ada });
    expect(answer.headers.get("cache-control")).toBe("no-store");
    const { access_token } = token.parse(await answer.json());
    expect(claimsOf(access_token)).toMatchObject({ sub: "ada", woTenantId: "north" });
    expect(Buffer.from(access_token.split(".")[1] ?? "", "base64url").toString()).not.toContain(ada);
    const holder = orchestrateClient(strict, access_token);
    const { run_id } = await holder.begin("Hello");
    expect((await holder.run(run_id)).tenant_id).toBe("north");
    const [header, payload, signature] = access_token.split(".");
    const forged = Buffer.from(JSON.stringify({ ...claimsOf(access_token), sub: "eve" })).toString("base64url");
    for (const wrong of [
      `${header}.${forged}.${signature}`,
      `${header}.${payload}.`,
      `${header}.${payload}`,
      "a.b.c",
    ]) {
      const refused = await orchestrateClient(strict, wrong).call("/v1/tenants");
      expect([wrong, refused.status]).toEqual([wrong, 401]);
    }
    const keys = z.object({ data: z.array(z.object({ id: z.string() })) });
    const { data } = keys.parse(await (await strict.call("/v1/keys", { key: ada })).json());
    await strict.call(`/v1/keys/${data[0]?.id}`, { key: ada, method: "DELETE" });
    expect((await holder.call("/v1/tenants")).status).toBe(401);
  });

  it("lasts over a restart, and is nobody's on another server", async () => {
    const data = await mkdtemp(join(tmpdir(), "waybill-token-"));
    const before = await startOrchestrateServer({ mode: "serve", keys: [{ user: "ada" }], data });
    const [password = ""] = before.secrets;
    const answer = await logIn(orchestrateClient(before), { username: "ada", password });
    const { access_token } = token.parse(await answer.json());
    await before.stop();
    expect((await orchestrateClient(strict, access_token).call("/v1/tenants")).status).toBe(401);
    const after = await startOrchestrateServer({ mode: "serve", data });
    expect((await orchestrateClient(after, access_token).call("/v1/tenants")).status).toBe(200);
    await after.stop();
    await rm(data, { recursive: true });
  });

  it("is refused with another password, without one, and into another's tenant", async () => {
    const [, eve = ""] = strict.secrets;
    const wrong = await logIn(stranger, { username: "eve", password: "nobody's" });
    expect([wrong.status, await wrong.json()]).toEqual([401, { detail: "Invalid authentication credentials" }]);
    expect((await logIn(stranger, { username: "eve" })).status).toBe(422);
    expect((await logIn(stranger, { username: "eve", password: eve }, "?tenant_id=north")).status).toBe(404);
    expect((await stranger.call("/v1/tenants")).status).toBe(401);
  });
});

const uploads = z.array(
  z.strictObject({
    fileName: z.string(),
    id: z.string(),
    url: z.string(),
    statusCode: z.literal(200),
    invalid: z.literal(false),
    errorBody: z.null(),
    errorSubject: z.null(),
  }),
);

describe("files for a run", () => {
  async function upload(files: Record<string, string>) {
    const form = new FormData();
    form.append("text", "");
    for (const [name, text] of Object.entries(files)) form.append("files", new Blob([text]), name);
    return fetch(`${client.root}/v1/orchestrate/upload-to-s3/`, { method: "POST", body: form });
  }
  const named = (files: unknown) => ({
    context: { data: [{ response_type: "file_download", files }], source: "TOOL" },
  });

  it("are uploaded, named by a run, read by its agent, and downloaded again", async () => {
    const files = uploads.parse(await (await upload({ "code.txt": "The code is QX-81." })).json());
    expect(files.map(({ fileName }) => fileName)).toEqual(["code.txt"]);
    const begun = await client.begin("What is the code?", { agent_id: "assistant", ...named(files) });
    await client.events(begun.run_id);
    const run = await client.run(begun.run_id);
    expect([run.status, JSON.stringify(run.result)]).toEqual(["completed", expect.stringContaining("QX-81")]);
    const alone = await client.begin("", named(files));
    await client.events(alone.run_id);
    expect((await client.run(alone.run_id)).status).toBe("completed");
    expect(textOf((await client.messages(alone.thread_id)).at(-1))).toBe("Hello.");
    const download = await client.call(files[0]?.url ?? "");
    expect(await download.text()).toBe("The code is QX-81.");
    expect(download.headers.get("content-type")).toBe("application/octet-stream");
  });

  it("come with the answer to what a run asks, which hears them", async () => {
    const files = uploads.parse(await (await upload({ "code.txt": "The code is QX-82." })).json());
    const { run_id, thread_id } = await client.begin("ask");
    await expect.poll(async () => (await client.run(run_id)).status).toBe("requires_input");
    const again = await client.begin("It is in there.", { thread_id, ...named(files) });
    expect(again.run_id).toBe(run_id);
    await client.events(run_id);
    const told = JSON.stringify((await client.run(run_id)).result);
    expect(told).toContain("It is in there.");
    expect(told).toContain("QX-82");
    const answer = (await client.messages(thread_id)).find(({ id }) => id === again.message_id);
    expect(answer?.content).toMatchObject([{ text: "It is in there." }, { files: [{ name: "code.txt" }] }]);
  });

  it("are refused where they are none, or nobody has uploaded them", async () => {
    expect((await upload({})).status).toBe(422);
    expect((await upload({ "empty.txt": "" })).status).toBe(422);
    const begin = (files: unknown) =>
      client.call("/v1/orchestrate/runs", { json: { message: { role: "user", content: "Hi" }, ...named(files) } });
    expect((await begin([{ id: "nobody" }])).status).toBe(404);
    expect((await begin([{ url: "http://elsewhere.example/file" }])).status).toBe(422);
    expect((await begin(Array.from({ length: 21 }, () => ({ id: "x" })))).status).toBe(422);
    expect((await client.call("/v1/orchestrate/upload-to-s3/nobody")).status).toBe(404);
  });
});

describe("an assistant", () => {
  it("has its runs, and no other's", async () => {
    const [mine, other] = [await client.begin("Hello"), await client.begin("Hello", { agent_id: "assistant" })];
    const path = "/v1/assistants/scripted/runs";
    const ids = (await client.answer(z.array(assistantRun), path)).map(({ id }) => id);
    expect([ids.includes(mine.run_id), ids.includes(other.run_id)]).toEqual([true, false]);
    expect((await client.answer(assistantRun, `${path}/${mine.run_id}`)).id).toBe(mine.run_id);
    const page = async (query: string) =>
      (await client.answer(z.array(assistantRun), `${path}?${query}`)).map(({ id }) => id);
    expect(await page("limit=1")).toEqual(ids.slice(0, 1));
    expect(await page("limit=2&offset=1")).toEqual(ids.slice(1, 3));
    expect(await page("offset=100000")).toEqual([]);
    for (const wrong of [`${path}/${other.run_id}`, `${path}/nobody`, "/v1/assistants/nobody/runs"]) {
      expect((await client.call(wrong)).status).toBe(404);
    }
  });
});

describe("a callback", () => {
  const callback = (id: string, json: unknown, tenant = "default") =>
    client.call(`/v1/tools/${tenant}/callback/${id}`, { json });
  const claimed = z.object({ data: z.array(z.object({ id: z.string() })) });

  async function errand(): Promise<{ run: string; work: string }> {
    const begun = await server.call("/v1/tasks", { json: { kind: "errand", input: { what: "a stone" } } });
    const { id: run } = z.object({ id: z.string() }).parse(await begun.json());
    const claim = await server.call("/v1/work/claim", { json: { worker: "w", queue: "far", wait_ms: 60_000 } });
    return { run, work: claimed.parse(await claim.json()).data[0]?.id ?? "" };
  }

  it("hands in the outcome of work that a worker holds, and its failure", async () => {
    const good = await errand();
    expect((await callback(good.work, { stone: 1 })).status).toBe(200);
    await client.events(good.run);
    expect(JSON.stringify((await client.run(good.run)).result)).toContain("stone");
    const bad = await errand();
    expect((await callback(bad.work, { error: "no stones" })).status).toBe(200);
    await client.events(bad.run);
    expect(await client.run(bad.run)).toMatchObject({
      status: "failed",
      last_error: expect.stringContaining("no stones"),
    });
  });

  it("hands in the outcome of work that nobody has claimed", async () => {
    const begin = async () =>
      client.answer(taskBegun, "/v1/tasks", { json: { task_name: "unclaimed", task_args: {} } });
    const [good, bad] = [await begin(), await begin()];
    expect((await callback(good.task_id, { stone: 2 })).status).toBe(200);
    expect((await callback(good.task_id, { stone: 2 })).status).toBe(200);
    expect((await callback(good.task_id, { stone: 3 })).status).toBe(409);
    expect((await callback(bad.task_id, { error: "no stones" })).status).toBe(200);
    const ended = await Promise.all(
      [good, bad].map(({ task_id }) => client.answer(backgroundTask, `/v1/tasks/${task_id}`)),
    );
    expect(ended.map(({ status, result }) => [status, result])).toEqual([
      ["completed", '{"stone":2}'],
      ["failed", "no stones"],
    ]);
    const claim = await server.call("/v1/work/claim", { json: { worker: "w", queue: "unclaimed" } });
    expect(claimed.parse(await claim.json()).data).toEqual([]);
  });

  it("answers a run that asks, and is refused where nothing waits", async () => {
    const { run_id } = await client.begin("ask");
    await expect.poll(async () => (await client.run(run_id)).status).toBe("requires_input");
    expect((await callback(run_id, "the second")).status).toBe(200);
    await client.events(run_id);
    expect(JSON.stringify((await client.run(run_id)).result)).toContain("the second");
    expect((await callback(run_id, "again")).status).toBe(409);
    expect((await callback("nobody", {})).status).toBe(404);
    expect((await callback(run_id, {}, "another")).status).toBe(404);
  });
});
