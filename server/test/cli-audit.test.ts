/** The audit log at the command line: what is printed, followed and kept, and what a check of kept lines says. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Waybill } from "@waybill/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { clientOf } from "./bpm/client.ts";
import { type Ended, ended, runWaybill, spawnWaybill } from "./command.ts";
import { startTestServer, type TestServer } from "./server.ts";

const external = { kind: "external", input: { queue: "never" } };
const entry = z.object({ n: z.int(), at: z.string(), act: z.string(), task_id: z.string().nullable() });

let server: TestServer;
let client: Waybill;
let folder = "";
let oldest: string[] = [];
let newest: string[] = [];
beforeAll(async () => {
  server = await startTestServer();
  client = new Waybill({ baseUrl: server.url });
  folder = await mkdtemp(join(tmpdir(), "waybill-audit-"));
  for (let n = 0; n < 12; n++) await client.submit(external);
  oldest = linesOf((await waybill("audit", "--after", "0", "--json")).out);
  newest = linesOf((await waybill("audit", "--json")).out);
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

const environment = () => ({ WAYBILL_URL: server.url, NO_COLOR: "1" });
const waybill = (...args: string[]): Promise<Ended> => runWaybill(args, environment());
const linesOf = (text: string) => text.split("\n").filter((line) => line !== "");
const entriesOf = (text: string) => linesOf(text).map((line) => entry.parse(JSON.parse(line)));
const numbersIn = (text: string) => entriesOf(text).map(({ n }) => n);

async function checked(lines: readonly string[]): Promise<Ended> {
  const file = join(folder, `${crypto.randomUUID()}.jsonl`);
  await writeFile(file, `${lines.join("\n")}\n`);
  return waybill("audit", "--check", file);
}

it("a log in which nothing fits what was asked for is not said to be empty, and an erasure that is over has nothing still to come", async () => {
  expect(await waybill("audit", "--act", "keys")).toEqual({ code: 0, out: "", talk: "No such entries.\n" });
  expect((await waybill("erase", "--user", "nobody", "--yes")).out).toMatch(/ {2}erased .+\n {2}removed: nothing\n/);
});

describe("what was kept", () => {
  it.each([
    ["oldest first", () => oldest],
    ["newest first", () => newest],
  ])("is whole as it was printed, %s", async (_order, lines) => {
    expect(lines().length).toBeGreaterThan(12);
    expect(await checked(lines())).toMatchObject({ code: 0, out: expect.stringContaining("are as they were written") });
  });

  const another = (line = "") => line.replace('"user":"developer"', '"user":"eve"');
  const hashless = (line = "") => another(line).replace(/"hash":"[0-9a-f]+"/, '"hash":null');
  it.each<[string, (lines: string[]) => string[], said: RegExp]>([
    ["another user", (lines) => lines.with(5, another(lines[5])), /^Entry \d+ was changed: its hash/],
    [
      "another user and no hash",
      (lines) => lines.with(5, hashless(lines[5])),
      /^Entry \d+ (?:was changed: it has no hash|does not belong behind)/,
    ],
    ["a line twice", (lines) => lines.toSpliced(5, 0, lines[5] ?? ""), /does not come .* in no order/],
    ["two lines changed about", (lines) => lines.with(5, lines[6] ?? "").with(6, lines[5] ?? ""), /in no order/],
    ["a line that is none", (lines) => lines.with(5, "{}"), /^Line 6 is no entry of the audit log/],
    ["half a line", (lines) => lines.with(5, lines[5]?.slice(0, 80) ?? ""), /^Line 6 is no entry/],
    ["no line", () => [], /^There is no line in /],
  ])("and was changed is refused with its place, in either order: %s", async (_what, change, said) => {
    for (const lines of [oldest, newest]) {
      const { code, talk, out } = await checked(change([...lines]));
      expect([code, out]).toEqual([1, ""]);
      expect(talk).toMatch(said);
    }
  });

  it("without some of the lines is said to be so, as lines of one act are", async () => {
    for (const lines of [oldest, newest])
      expect((await checked(lines.toSpliced(5, 2))).out).toMatch(/\n2 of the numbers from \d+ on are not in the file/);
    const submits = await waybill("audit", "--act", "submit", "--after", "0", "--json");
    expect((await checked(linesOf(submits.out))).code).toBe(0);
  });

  it("and is not the server's is refused", async () => {
    const other = await startTestServer();
    try {
      const file = join(folder, "lines.jsonl");
      await writeFile(file, `${oldest.join("\n")}\n`);
      const { code, talk } = await runWaybill(["audit", "--check", file], { WAYBILL_URL: other.url, NO_COLOR: "1" });
      expect([code, talk]).toEqual([1, expect.stringMatching(/^The server has no entry \d+ any more/)]);
    } finally {
      await other.stop();
    }
  });

  it("where it is not there, is a folder, or is no text, is a sentence", async () => {
    await writeFile(join(folder, "bytes"), Buffer.alloc(4_096, 255));
    for (const file of [join(folder, "nowhere"), folder, join(folder, "bytes")]) {
      const { code, talk } = await waybill("audit", "--check", file);
      expect([code, talk]).toEqual([
        1,
        expect.stringMatching(/^(?:Cannot do that here: E|Line 1 is no entry).+\.?\n$/),
      ]);
    }
  });
});

describe("what is asked for", () => {
  it("after a number is all that came behind it, in order and without a gap", async () => {
    const all = numbersIn(oldest.join("\n"));
    const after = all[4] ?? 0;
    const { out } = await waybill("audit", "--after", String(after), "--json");
    expect(numbersIn(out).slice(0, all.length - 5)).toEqual(all.slice(5));
    expect(await waybill("audit", "--after", "999999", "--json")).toMatchObject({ code: 0, out: "" });
    for (const wrong of ["x", "1.5", ""]) expect((await waybill("audit", "--after", wrong)).code, wrong).toBe(2);
  });

  it("since a moment is what came then or later, in either order", async () => {
    const { at } = entry.parse(JSON.parse(oldest[6] ?? ""));
    const later = entriesOf(oldest.join("\n")).filter((each) => each.at >= at);
    const since = ["audit", "--since", at, "--json"];
    expect(
      numbersIn((await waybill(...since)).out)
        .toReversed()
        .slice(0, later.length),
    ).toEqual(later.map(({ n }) => n));
    expect(numbersIn((await waybill(...since, "--after", "0")).out).slice(0, later.length)).toEqual(
      later.map(({ n }) => n),
    );
    expect((await waybill("audit", "--since", "1h", "--json", "-n", "3")).out).not.toBe("");
    expect((await waybill("audit", "--since", "soon")).code).toBe(2);
  });

  it("as it comes is printed once each, with what was there before where a number says so", async () => {
    const after = numbersIn(oldest.join("\n")).at(-3) ?? 0;
    const child = spawnWaybill(["audit", "--after", String(after), "--follow", "--json"], { env: environment() });
    const over = ended(child);
    let out = "";
    child.stdout.on("data", (text: string) => {
      out += text;
    });
    await expect.poll(() => linesOf(out).length).toBeGreaterThanOrEqual(2);
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) ids.push((await client.submit(external)).id);
    await expect.poll(() => out.includes(ids[4] ?? "")).toBe(true);
    child.kill("SIGINT");
    await over;
    const seen = entriesOf(out);
    expect(seen.map(({ n }) => n)).toEqual(seen.map((_, at) => after + 1 + at));
    expect(seen.map(({ task_id }) => task_id).filter((id) => ids.includes(id ?? ""))).toEqual(ids);
  });
});

it("acts of people by the BPM API are in it, with where they came from and nothing of what was said", async () => {
  const bpm = clientOf(server);
  const number = await bpm.task({
    title: "Pay",
    assignees: [
      { type: "user", id: "developer" },
      { type: "user", id: "bob" },
    ],
  });
  expect((await bpm.act(number, "CLAIM")).status).toBe(200);
  expect((await bpm.post(`/tasks/${number}/comments`, { commentStr: "treasure", commentScope: "TASK" })).status).toBe(
    200,
  );
  const paid = await bpm.act(number, "APPROVE", { comment: { commentStr: "treasure" } });
  expect(paid.status).toBe(200);
  const { data } = await client.auditPage({ order: "oldest", limit: 200, cursor: String(oldest.length) });
  const acts = data.filter(({ origin }) => origin?.lens === "bpm");
  expect(acts.map(({ act }) => act)).toEqual(["claim", "comment", "decide"]);
  expect(new Set(acts.map(({ user, origin }) => `${user} ${origin?.address}`)).size).toBe(1);
  expect(JSON.stringify(acts)).not.toContain("treasure");
});
