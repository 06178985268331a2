/** `waybill agents`, against a real server. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { runWaybill } from "./command.ts";
import { startTestServer, type TestServer } from "./server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

const waybill = (...args: string[]) => runWaybill(args, { WAYBILL_URL: server.url, NO_COLOR: "1" });

it("agents are made of flags, listed, shown, asked, changed and removed", async () => {
  const fields = ["--name", "Poet", "--instructions", "Answer in rhyme.", "--tools", "calculator,date_math"];
  expect(await waybill("agents", "create", ...fields)).toEqual({ code: 0, out: "poet\n", talk: "" });
  const listed = await waybill("agents");
  expect(listed.out).toMatch(/^AGENT +OF +MODE/);
  expect(listed.out).toMatch(/assistant +\(configuration\)/);
  expect(listed.out).toMatch(/poet +developer +standard .*calculator, date_math/);
  const shown = await waybill("agents", "show", "poet");
  expect(shown.out).toMatch(/slug +poet\n/);
  expect(shown.out).toMatch(/\nAnswer in rhyme\.\n$/);
  expect((await waybill("submit", "What is 2 + 2?", "--agent", "poet", "--wait")).code).toBe(0);
  const changed = await waybill("agents", "update", "poet", "--description", "Writes verse.", "--max-turns", "3");
  expect(changed).toEqual({ code: 0, out: "", talk: "Changed poet: version 2.\n" });
  const stale = await waybill("agents", "update", "poet", "--name", "Other", "--seen", "1");
  expect([stale.code, stale.talk]).toEqual([1, expect.stringContaining("has changed")]);
  expect(await waybill("agents", "remove", "poet")).toMatchObject({ code: 0, talk: "Removed poet.\n" });
  expect((await waybill("agents", "show", "poet")).code).toBe(1);
});

it("agents are made and changed of a file of JSON, whose fields a flag beats", async () => {
  const folder = await mkdtemp(join(tmpdir(), "waybill-cli-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, "agent.json");
  await writeFile(file, JSON.stringify({ name: "Clerk", slug: "clerk", tags: ["office"], tools: [], hidden: true }));
  const { out } = await waybill("agents", "create", "--from", `@${file}`, "--name", "Chief clerk", "--json");
  expect(JSON.parse(out)).toMatchObject({ slug: "clerk", name: "Chief clerk", tags: ["office"], hidden: true });
  expect((await waybill("agents", "list", "--json")).out).not.toContain("clerk");
  expect((await waybill("agents", "list", "--json", "--hidden")).out).toContain("clerk");
  const cleared = await waybill("agents", "update", "clerk", "--from", '{"tags":null}', "--no-hidden", "--json");
  expect(JSON.parse(cleared.out)).toMatchObject({ tags: [], hidden: false, version: 2 });
});

it("what does not fit is said by its field, and what is no agent is wrong usage", async () => {
  const refused = await waybill("agents", "create", "--name", "Clerk 2", "--tools", "teleport");
  expect([refused.code, refused.talk]).toEqual([1, expect.stringContaining('tools: there is no tool "teleport"')]);
  for (const args of [["create"], ["create", "--from", "[1]"], ["update", "assistant"]])
    expect((await waybill("agents", ...args)).code).toBe(2);
  const readOnly = await waybill("agents", "update", "assistant", "--name", "Mine");
  expect([readOnly.code, readOnly.talk]).toEqual([1, expect.stringContaining("configuration")]);
});
