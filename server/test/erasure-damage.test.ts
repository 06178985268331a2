/** Erasures that meet what the disk has damaged: they go past a task, and no other erasure waits behind what they cannot go past. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Waybill } from "@waybill/sdk";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { z } from "zod";
import { SqliteErasures } from "../src/store/sqlite/erasure/sqlite-erasures.ts";
import { runWaybill } from "./command.ts";
import { damageLeafOf, damagePageOf, loseTextOf } from "./lose-text.ts";
import { startTestServer } from "./server.ts";

let data = "";
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), "waybill-erasure-damage-"));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(data, { recursive: true, force: true });
});

async function served<Result>(act: (client: Waybill) => Promise<Result>): Promise<Result> {
  const server = await startTestServer({ data });
  try {
    return await act(new Waybill({ baseUrl: server.url }));
  } finally {
    await server.stop();
  }
}

async function submitted(client: Waybill, letter: string, alias: string) {
  const payload = letter.repeat(60_000);
  const task = await client.submit({ kind: "external", input: { queue: "never", payload }, conversation: { alias } });
  const { conversation_id: conversation } = await task.get();
  if (conversation === null) throw new Error("no conversation");
  return { id: task.id, conversation };
}

async function reportsOf(client: Waybill, those: readonly { conversation: string }[], states: readonly string[]) {
  const ids: string[] = [];
  for (const { conversation } of those) ids.push((await client.erasures.begin({ conversation })).id);
  const reports = () => Promise.all(ids.map((id) => client.erasures.get(id)));
  await expect.poll(async () => (await reports()).map(({ state }) => state), { interval: 100 }).toEqual(states);
  return reports();
}

it("goes past a task on a damaged page, says that it stays, and removes those beside it", async () => {
  const [damaged, beside, sound] = await served(async (client) => [
    await submitted(client, "b", "damaged"),
    await submitted(client, "c", "damaged"),
    await submitted(client, "d", "sound"),
  ]);
  if (!damaged || !beside || !sound) throw new Error("three tasks were submitted");
  await loseTextOf(data, "b");
  const reports = await served(async (client) => {
    const found = await reportsOf(client, [damaged, sound], ["completed", "completed"]);
    await expect(client.task(beside.id).get()).rejects.toThrow();
    return found;
  });
  expect(reports.map(({ removed }) => removed["tasks"])).toEqual([1, 1]);
  const kept = reports.map((report) => report.kept.join(" "));
  expect(kept).toEqual([expect.stringContaining("damaged pages stay: 1."), expect.not.stringContaining("pages stay")]);
  const { out } = await runWaybill(["doctor", "--data", data], { NO_COLOR: "1" });
  expect(out).toContain(damaged.id);
}, 60_000);

it("goes past a message on a damaged page, hides its conversation, and says what stays", async () => {
  const [damaged, sound, kept] = await served(async (client) => {
    const ids: string[] = [];
    for (const letters of ["ab", "c", "d"]) {
      const { id } = await client.conversations.create();
      for (const letter of letters) await client.conversations.say(id, [{ text: letter.repeat(60_000) }]);
      ids.push(id);
    }
    return ids;
  });
  if (!damaged || !sound || !kept) throw new Error("three conversations were made");
  await loseTextOf(data, "b");
  await served(async (client) => {
    const those = [{ conversation: damaged }, { conversation: sound }];
    const reports = await reportsOf(client, those, ["completed", "completed"]);
    const says = reports.map((report) => report.kept.join(" "));
    expect(says[0]).toContain(`What else lies on damaged pages stays: messages of conversation ${damaged}.`);
    await expect(client.conversations.get(damaged)).rejects.toThrow();
    await expect(client.conversations.get(sound)).rejects.toThrow();
    await client.conversations.delete(kept);
    await expect(client.conversations.get(kept)).rejects.toThrow();
  });
  const { out } = await runWaybill(["doctor", "--data", data], { NO_COLOR: "1" });
  expect(out).toMatch(/message of conversation/);
  expect(out).toContain("waybill doctor --mend");
  const mended = await runWaybill(["doctor", "--mend", "--data", data], { NO_COLOR: "1" });
  expect(mended).toMatchObject({ code: 0, talk: expect.stringContaining("Rows of messages that could not be read") });
  expect((await runWaybill(["doctor", "--data", data], { NO_COLOR: "1" })).out).toContain("sound");
}, 60_000);

it("goes on where the search index or an index of its own is damaged, which leaves none of the words on the disk", async () => {
  const gone = await served(async (client) => {
    const payload = "unmistakable words that go";
    const task = await client.submit({
      kind: "external",
      input: { queue: "never", payload },
      conversation: { alias: "a" },
    });
    const found = await fetch(`${client.baseUrl}/v1/tasks?q=unmistakable`);
    expect(await found.json()).toMatchObject({ total: 1 });
    return { conversation: (await task.get()).conversation_id ?? "" };
  });
  for (const name of ["search_data", "search_idx", "backups_by_time", "tasks_by_conversation", "audit_by_task"])
    await damagePageOf(data, name);
  await served(async (client) => {
    const [report] = await reportsOf(client, [gone], ["completed"]);
    expect(report).toMatchObject({ removed: { tasks: 1 }, kept: [expect.stringContaining("What left the server")] });
  });
  expect((await readFile(join(data, "waybill.sqlite"))).includes("unmistakable")).toBe(false);
  expect((await runWaybill(["doctor", "--data", data], { NO_COLOR: "1" })).out).toContain("sound");
}, 60_000);

it("lets others go on where it cannot go on itself", async () => {
  const erase = SqliteErasures.prototype.eraseRecords;
  let first: string | null = null;
  vi.spyOn(SqliteErasures.prototype, "eraseRecords").mockImplementation(function (this: SqliteErasures, id) {
    first ??= id;
    return id === first ? Promise.reject(new Error("Its page is damaged.")) : erase.call(this, id);
  });
  await served(async (client) => {
    const those = [await submitted(client, "a", "a"), await submitted(client, "b", "b")];
    await reportsOf(client, those, ["running", "completed"]);
  });
}, 60_000);

it("goes through with a user one page of whose tasks is damaged, and says that those stay", async () => {
  const user = await served(async (client) => {
    for (let n = 0; n < 120; n++) await client.submit({ kind: "external", input: { queue: "never", payload: n } });
    const { data: tasks } = z
      .object({ data: z.array(z.looseObject({ user: z.string() })) })
      .parse(await (await fetch(`${client.baseUrl}/v1/tasks`)).json());
    return tasks[0]?.user ?? "";
  });
  await damageLeafOf(data, "tasks", 0.5);
  await served(async (client) => {
    const { id } = await client.erasures.begin({ user });
    await expect.poll(async () => (await client.erasures.get(id)).state, { interval: 100 }).toBe("completed");
    const report = await client.erasures.get(id);
    expect(report.removed["tasks"]).toBeGreaterThan(60);
    expect(report.removed["tasks"]).toBeLessThan(120);
    expect(report.kept.join(" ")).toContain("nobody can say whose they are");
  });
}, 60_000);
