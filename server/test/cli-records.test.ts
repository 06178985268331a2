/** What a person does beside a task: look at what was said and made, clean up, begin a project. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Waybill } from "@waybill/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { startJq } from "../src/cli/jq-thread.ts";
import { defineHandler } from "../src/task/handler.ts";
import { type Ended, runWaybill } from "./command.ts";
import { startTestServer, type TestServer } from "./server.ts";

const report = defineHandler({
  kind: "report",
  version: 1,
  input: z.strictObject({}),
  run: async (ctx) => {
    ctx.artifact({ id: "a", name: "../../etc/q1", parts: [{ text: "Profit rose." }], last: true });
    ctx.artifact({
      id: "b",
      parts: [
        { data: { profit: 7 } },
        { file: { bytes: "AAEC" }, name: "logo.png" },
        { file: { url: "https://example.com/far" } },
      ],
      last: true,
    });
    return { text: "done" };
  },
});

const paid = defineHandler({
  kind: "paid",
  version: 1,
  input: z.strictObject({ model: z.string(), costUsd: z.number().nullable(), estimated: z.literal(true).optional() }),
  run: async (ctx, { model, costUsd, estimated }) => {
    const tokens = { inputTokens: 1_200, outputTokens: 30, cacheReadTokens: 200, cacheWriteTokens: 0 };
    const call = { key: ctx.task.id, provider: "acme", model, agent: "guide", ...tokens, costUsd, raw: null };
    ctx.usage({ ...call, ...(estimated && { estimated }) });
    return null;
  },
});

const falls = defineHandler({
  kind: "falls",
  version: 1,
  input: z.strictObject({}),
  run: async () => Promise.reject(new Error("It fell.")),
});

let server: TestServer;
let client: Waybill;
let folder = "";
beforeAll(async () => {
  server = await startTestServer({ config: { handlers: [report, paid, falls] } });
  client = new Waybill({ baseUrl: server.url });
  folder = await mkdtemp(join(tmpdir(), "waybill-cli-"));
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

const waybill = (...args: string[]): Promise<Ended> => runWaybill(args, { WAYBILL_URL: server.url, NO_COLOR: "1" });

async function done(): Promise<string> {
  const task = await client.submit({ kind: "report", input: {} });
  await task.result();
  return task.id;
}

describe("what a task has made", () => {
  it("is listed, and saved to a folder under names that stay in it", async () => {
    const id = await done();
    expect((await waybill("artifacts", id)).out).toMatch(/^ID +PARTS +WHOLE +NAME\na +1 +yes +\S+q1\nb +3 +yes\n$/);
    const into = join(folder, "made");
    const { out, talk, code } = await waybill("artifacts", id, "--save", into);
    expect(talk).toBe("Part 3 of b is a file elsewhere: waybill artifacts --json names it.\n");
    const paths = out.trim().split("\n");
    expect([code, paths.length, paths.every((path) => path.startsWith(`${into}/`))]).toEqual([0, 3, true]);
    const contents = await Promise.all(paths.map((path) => readFile(path)));
    expect(contents[0]?.toString()).toBe("Profit rose.");
    expect(JSON.parse(contents[1]?.toString() ?? "")).toEqual({ profit: 7 });
    expect(contents[2]).toEqual(Buffer.from([0, 1, 2]));
    const again = await waybill("artifacts", id, "--save", into);
    expect([again.code, again.talk]).toEqual([1, expect.stringMatching(/^Cannot do that here: EEXIST.*\.\n$/)]);
  });
});

it("a task that has ended is deleted, and one that is open says why not", async () => {
  const ended = await done();
  const open = (await client.submit({ kind: "external", input: { queue: "never" } })).id;
  const { code, talk } = await waybill("delete", ended, open);
  expect(talk).toContain(`${ended} is deleted.`);
  expect(talk).toMatch(new RegExp(`${open}: .*(queued|ended|cancel)`, "i"));
  expect(code).toBe(1);
  await expect(client.task(ended).get()).rejects.toMatchObject({ code: "not_found" });
});

it("a conversation is listed, shown and deleted by its name, and its tasks are listed by it", async () => {
  const task = await client.submit({
    kind: "agent",
    input: { query: "What is 2 + 2?", mode: "simple" },
    conversation: { alias: "sums" },
  });
  await task.result();
  expect((await waybill("conversations")).out).toContain("sums");
  for (const command of ["list", "conversations", "audit"]) {
    expect((await waybill(command, "--limit", "0")).code, command).toBe(2);
  }
  expect((await waybill("conversations", "show", "sums")).out).toMatch(
    /^user {2}What is 2 \+ 2\?\nagent {2}2 \+ 2 = 4\n$/,
  );
  expect((await waybill("list", "-c", "sums", "--json")).out).toContain(task.id);
  expect(await waybill("conversations", "delete", "sums")).toMatchObject({ code: 0 });
  const gone = await waybill("conversations", "show", "sums");
  expect([gone.code, gone.talk]).toEqual([1, expect.stringContaining("What there is: waybill conversations.")]);
});

it("the audit log says who did what", async () => {
  const open = await client.submit({ kind: "external", input: { queue: "never" } });
  await open.cancel({ reason: "enough" });
  const { out } = await waybill("audit", "--task", open.id);
  expect(out).toMatch(new RegExp(`developer +cancel +\\S+ native +${open.id}`));
});

it("what was paid for is added up, what was estimated is marked, and it stays when tasks are deleted", async () => {
  const inputs = [
    { model: "m-1", costUsd: 0.25 },
    { model: "m-1", costUsd: 0.5, estimated: true },
    { model: "m-2", costUsd: null },
  ];
  for (const input of inputs) {
    const task = await client.submit({ kind: "paid", input });
    await task.result();
    await task.delete();
  }
  const lines = (await waybill("usage", "--by", "model", "--agent", "guide")).out.split("\n");
  expect(lines.map((line) => line.split(/ +/))).toEqual([
    ["MODEL", "CALLS", "IN", "CACHED", "OUT", "COST", "ESTIMATED*", "UNPRICED"],
    ["acme:m-1", "2", "2,400*", "400", "60*", "$0.75", "1"],
    ["acme:m-2", "1", "1,200", "200", "30", "1"],
    ["total", "3", "3,600*", "600", "90*", "$0.75", "1", "1"],
    [""],
  ]);
  const today = new Date().toISOString().slice(0, 10);
  const { out } = await waybill("usage", "--by", "day,user", "--agent", "guide", "--json", "--from", "2026-01-01");
  const [row, { total }] = out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(today >= row.day && row).toMatchObject({
    user: "developer",
    agent: null,
    model: null,
    calls: 3,
    cost_usd: 0.75,
  });
  expect(total).toMatchObject({ calls: 3, estimated_calls: 1, unpriced_calls: 1, cache_read_tokens: 600 });
  expect((await waybill("usage", "--to", "2026-01-01")).talk).toBe(
    "Nothing was paid for from 2025-12-03 to 2026-01-01.\n",
  );
  expect((await waybill("usage", "--by", "planet")).code).toBe(2);
  expect((await waybill("usage", "--from", "2026-02-30")).talk).toContain("from");
  const pages = client.usage({ group_by: ["model"], limit: 1, agent: "guide" });
  const models: (string | null)[] = [];
  for await (const { model } of pages) models.push(model);
  expect(models).toEqual(["m-1", "m-2"]);
});

it("the page's address is printed for a pipe", async () => {
  const id = await done();
  expect((await waybill("open", id)).out).toBe(`${server.url}/dashboard/#${id}\n`);
});

it("a failure is shown with where in the code it was thrown, line by line", async () => {
  const task = await client.submit({ kind: "falls", input: {} });
  await expect(task.result()).rejects.toThrow("It fell.");
  expect((await waybill("get", task.id)).out).toMatch(/\n\nError: It fell\.\n {4}at .+\n {4}at /);
});

it("a project begins with a configuration that works, and is never written over", async () => {
  const project = join(folder, "project");
  await mkdir(join(project, ".git"), { recursive: true });
  const { out, code } = await waybill("init", project);
  const path = out.trim();
  expect([code, path]).toEqual([0, join(project, "waybill.config.ts")]);
  expect(await readFile(join(project, ".gitignore"), "utf8")).toBe(".waybill/\n");
  const written = await readFile(path, "utf8");
  const again = await waybill("init", project);
  expect([again.code, again.talk]).toEqual([1, `${path} is there already, and stays as it is.\n`]);
  expect(await readFile(path, "utf8")).toBe(written);
  expect(await waybill("init", path)).toMatchObject({
    code: 1,
    talk: expect.stringMatching(/^Cannot do that here: E/),
  });
});

it.each([["init"], ["dev", "--port", "0", "--lens-port", "none", "--data"]])(
  "a folder that the system does not make ends the command with its sentence: %s",
  async (...command) => {
    const { code, talk } = await waybill(...command, "/proc/no/such");
    expect({ code, talk }).toEqual({
      code: 1,
      talk: expect.stringMatching(/^(Cannot do that here|The data folder \S+ cannot be opened): E[A-Z]+: .*mkdir/),
    });
  },
);

it("a shell completes commands, what is below them, and their flags", async () => {
  const script = (await waybill("completion", "bash")).out;
  const completing = async (...words: string[]) => {
    const asked = `${script}\nCOMP_WORDS=(${["waybill", ...words].map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length}; _waybill; echo "\${COMPREPLY[@]}"`;
    return (await promisify(execFile)("bash", ["-c", asked])).stdout.trim();
  };
  expect(await completing("conv")).toBe("conversations");
  expect(await completing("keys", "cr")).toBe("create");
  expect(await completing("list", "--sta")).toBe("--state");
  expect(await completing("keys", "create", "--na")).toBe("--name");
  expect(await completing("get", "01ABC", "--js")).toBe("--json");
  expect((await waybill("completion", "fish")).out).toContain("-f -a conversations -d");
  expect((await waybill("completion", "tcsh")).code).toBe(2);
});

describe("jq", () => {
  it("makes of JSON what is asked, without another flag: a result a line, texts as they are", async () => {
    const id = await done();
    const said = async (...args: string[]) => (await waybill(...args)).out;
    expect(await said("get", id, "--jq", ".id, {state}")).toBe(`${id}\n{"state":"completed"}\n`);
    expect(await said("list", "--json", "--jq", `select(.id == "${id}") | .kind`)).toBe("report\n");
    expect(await said("artifacts", id, "--jq", "empty # none")).toBe("");
  });

  it("says what is wrong with an expression before anything is done, and what it cannot make of the data", async () => {
    const before = (await waybill("list", "--json")).out;
    const wrong = await waybill("submit", "--kind", "report", "{}", "--jq", ".id[");
    expect(wrong).toMatchObject({ code: 2, out: "" });
    expect(wrong.talk).toContain('--jq cannot be ".id[": syntax error');
    expect((await waybill("list", "--json")).out).toBe(before);
    const id = await done();
    const unfit = await waybill("get", id, "--jq", ".id, .id.none");
    expect(unfit).toEqual({
      code: 1,
      out: `${id}\n`,
      talk: '--jq ".id, .id.none": Cannot index string with string "none".\n',
    });
    expect((await waybill("get", id, "--jq", "")).talk).toContain('--jq cannot be ""');
  });

  it("ends a command that follows a task at the first event that does not fit, though the task goes on", async () => {
    const { id } = await client.submit({ kind: "human", input: { title: "Look" } });
    for (const [name = "", ...flags] of [["logs", "-f"], ["watch"]]) {
      const unfit = await waybill(name, id, ...flags, "--jq", "if .seq > 1 then .type.none else .type end");
      expect([name, unfit]).toEqual([
        name,
        { code: 1, out: "task.submitted\n", talk: expect.stringContaining("Cannot index string") },
      ]);
    }
    expect((await waybill("cancel", id)).code).toBe(0);
  });

  it("looks at each line by itself, and never says where it comes from", async () => {
    await Promise.all([done(), done()]);
    const said = await waybill("list", "--jq", "[inputs] | length");
    expect(said.out).toMatch(/^(0\n){2,}$/);
    expect((await waybill("list", "--jq", "input")).talk).toBe('--jq "input": input is not for --jq.\n');
    expect((await waybill("list", "--jq", '.number, "", (12345678901234567890 | tojson)')).out).toMatch(
      /^\d+\n\n12345678901234567890\n/,
    );
  });

  it.each([
    ["def f: f; f", /does not come to an end within 0.5 s/],
    ["range(1e15) | empty", /does not come to an end within 0.5 s/],
    ["[range(1e15)]", /wants more than 48 MB of memory|does not come to an end/],
    ['"x" * 1e9', /wants more than 48 MB of memory|too long/],
    ["repeat(.)", /wants more than 48 MB of memory|does not come to an end/],
  ])("gives %s up, in bounded time and memory", (filter, why) => {
    const run = startJq({ msMax: 500, memoryMbMax: 48 });
    expect(run('{"a":1}', ".a")).toBe("1");
    expect(() => run("{}", filter)).toThrow(why);
  });

  it("keeps few lines waiting, however many come", async () => {
    const { filterData, writeData, dataOut } = await import("../src/cli/terminal/filtered-data.ts");
    let most = 0;
    let lines = 0;
    filterData((text) => {
      most = Math.max(most, text.length);
      lines += text.split("\n").length - 1;
      return { made: "", failure: null };
    });
    const line = `${JSON.stringify({ pad: "x".repeat(1_000) })}\n`;
    for (let n = 0; n < 100_000; n++) writeData(line, () => {});
    dataOut();
    expect([lines, most < 300_000]).toEqual([100_000, true]);
  });
});
