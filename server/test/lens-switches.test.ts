/** APIs that a deployment does not serve: nothing of them answers, and nothing leads to them. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { loadConfig } from "../src/config.ts";
import { LENSES } from "../src/lenses/index.ts";
import { startTestServer, type TestServer } from "./server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ config: { lensesOff: ["a2a", "bpm", "documents"] } });
});
afterAll(() => server.stop());

it("answers 404 wherever an API would be that is off, in the words of its own", async () => {
  const paths = LENSES.filter(({ name }) => ["a2a", "bpm", "documents"].includes(name)).flatMap(
    ({ mount, variants = [""], routes, rootRoutes = [] }) => [
      ...variants.flatMap((variant) => routes.map(({ path }) => mount + variant + path.replaceAll(/\{\w+\}/g, "x"))),
      ...rootRoutes.map(({ path }) => path),
    ],
  );
  expect(paths.length).toBeGreaterThan(100);
  for (const path of paths) {
    const response = await server.call(path);
    expect([path, response.status, await response.json()]).toMatchObject([path, 404, { code: "not_found" }]);
  }
  expect((await server.call("/shannon/api/v1/tasks")).status).toBe(200);
});

it("has no port for it, and names it neither at the start nor in its own documents", async () => {
  expect(Object.keys(server.lensUrls)).toEqual(["shannon", "orchestrate"]);
  expect(server.greeting).not.toMatch(/A2A|BPM|Documents API|10000/);
  for (const path of ["/openapi.json", "/docs", "/", "/v1/agents"]) {
    expect(await (await server.call(path)).text(), path).not.toMatch(/\/a2a\b|\/bpm\b|\/documents\b/);
  }
  const taken = await server.call("/v1/tasks", { json: { input: { query: "Hello" } } });
  const { id } = z.object({ id: z.string() }).parse(await taken.json());
  expect((await server.call(`/v1/tasks/${id}?lens=shannon`)).status).toBe(200);
  expect((await server.call(`/v1/tasks/${id}?lens=a2a`)).status).toBe(400);
});

it("is switched in the configuration, and has no port of its own then", async () => {
  const folder = await mkdtemp(join(tmpdir(), "waybill-test-"));
  try {
    const load = async (file: object) => {
      await writeFile(join(folder, "waybill.config.json"), JSON.stringify(file));
      return await loadConfig({ mode: "serve", flags: {}, env: {}, folder });
    };
    const { lensesOff, lensPorts, lenses } = await load({ lenses: { shannon: false, bpm: false, documents: true } });
    expect([lensesOff, lensPorts, lenses.shannon]).toEqual([
      ["shannon", "bpm"],
      { documents: 10_000, orchestrate: 4321 },
      { rateLimits: {} },
    ]);
    expect((await load({})).lensesOff).toEqual([]);
    const asked = load({ lensPorts: { shannon: 1 }, lenses: { shannon: false } });
    await expect(asked).rejects.toThrow("shannon has a port and is not served");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
