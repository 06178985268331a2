/** The command line as a person or a script meets it, against a real server. */
import { existsSync } from "node:fs";
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Waybill } from "@waybill/sdk";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { diagnose } from "../src/cli/diagnosis.ts";
import { type Context, defineHandler } from "../src/task/handler.ts";
import { type Ended, ended, runWaybill, spawnWaybill } from "./command.ts";
import { startTestServer, type TestServer } from "./server.ts";

const LARGE = "long ".repeat(30_000);

/** Does what its input says: end well or badly, with much or little, or ask first. */
const errand = defineHandler({
  kind: "errand",
  input: z.strictObject({
    asks: z.enum(["approval", "answer"]).optional(),
    /** It works on beside its question. */
    busy: z.boolean().optional(),
    fails: z.boolean().optional(),
    large: z.boolean().optional(),
  }),
  run: async (ctx, { asks, busy, fails, large }) => {
    ctx.progress(0.5, "halfway");
    await ctx.step("walk", async (step) => {
      step.output("on my way\u001b[2J");
      return null;
    });
    if (fails) await ctx.step("fall", async () => Promise.reject(new Error("It fell.")), { retries: 0 });
    if (asks === undefined) return { text: large ? LARGE : "done" };
    const go = (ctx: Context) => ctx.waitForInput("go", { asks, prompt: "May I go?", deadlineMs: 600_000 });
    if (busy) await ctx.parallel({ go, work: (ctx) => ctx.step("work", () => new Promise<null>(() => {})) });
    const answer = await go(ctx);
    return { text: `You said ${JSON.stringify(answer?.value)}` };
  },
});

let server: TestServer;
let client: Waybill;

beforeAll(async () => {
  server = await startTestServer({ config: { handlers: [errand] } });
  client = new Waybill({ baseUrl: server.url });
});
afterAll(() => server.stop());

function waybill(...args: string[]): Promise<Ended> {
  return runWaybill(args, { WAYBILL_URL: server.url, NO_COLOR: "1" });
}

/** In a process of its own. */
function start(...args: string[]) {
  return spawnWaybill(args, { env: { WAYBILL_URL: server.url } });
}

async function submit(input: object, ...more: string[]): Promise<string> {
  const { out, talk, code } = await waybill("submit", "--kind", "errand", "--input", JSON.stringify(input), ...more);
  expect({ code, talk }).toEqual({ code: 0, talk: "" });
  return out.trim();
}

async function untilAsked(id: string): Promise<void> {
  for await (const { type } of client.task(id).stream()) if (type === "task.input_required") return;
}

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "waybill-cli-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

describe("submit", () => {
  it("prints the output alone on stdout when it waits", async () => {
    const { code, out, talk } = await waybill("submit", "What is the capital of France?", "--wait");
    expect({ code, out }).toEqual({ code: 0, out: "The capital of France is Paris.\n" });
    expect(talk).toMatch(/^task_\w{26}\n$/);
  });

  it("reads the question from stdin and prints the id alone", async () => {
    const asking = start("submit");
    asking.stdin.end("What is 17 * 23?\n");
    const { code, out } = await ended(asking);
    expect(code).toBe(0);
    await expect(client.task(out.trim()).text()).resolves.toContain("391");
  });

  it("hands over everything that its flags say", async () => {
    const flags = [
      "--priority",
      "7",
      "--delay",
      "1h30m",
      "--deadline",
      "2d",
      "--metadata",
      "a=b=c",
      "--metadata",
      "d=e",
    ];
    const id = await submit({}, ...flags, "--conversation", "errands");
    const task = await client.task(id).get();
    expect(task).toMatchObject({ state: "queued", priority: 7, metadata: { a: "b=c", d: "e" } });
    expect(Date.parse(task.not_before ?? "") - Date.parse(task.created_at)).toBe(5_400_000);
    expect(task.conversation_id).not.toBe(null);
  });

  it("is the same task under the same key", async () => {
    expect(await submit({}, "--idempotency-key", "once")).toBe(await submit({}, "--idempotency-key", "once"));
  });

  it("hands in a whole file, and says of which line nothing became a task", async () => {
    const file = join(await newFolder(), "tasks.jsonl");
    const line = (kind: string) => JSON.stringify({ kind, input: {}, delay_ms: 3_600_000 });
    await writeFile(file, `${line("errand")}\n\n${line("nothing")}\n${line("errand")}\n`);
    const { code, out, talk } = await waybill("submit", "--batch", file);
    expect([code, out.match(/^task_\w{26}$/gm)?.length]).toEqual([1, 2]);
    expect(talk).toMatch(/^line 3: There is no kind "nothing"/);
    await writeFile(file, "{");
    expect(await waybill("submit", "--batch", file)).toMatchObject({ code: 2, out: "" });
  });

  it("says what is missing", async () => {
    expect(await waybill("submit", "--kind", "errand")).toMatchObject({
      code: 2,
      talk: expect.stringContaining("--input JSON"),
    });
    const silent = start("submit");
    silent.stdin.end();
    expect(await ended(silent)).toMatchObject({ code: 2, talk: expect.stringContaining("nothing to ask") });
    expect(await waybill("submit", "x", "--delay", "soon")).toMatchObject({ code: 2, out: "" });
    expect(await waybill("submit", "-k", "errand", "-i", "{")).toMatchObject({
      code: 2,
      talk: expect.stringContaining("not JSON"),
    });
    expect(await waybill("submit", "-k", "nothing", "-i", "{}")).toMatchObject({ code: 1, out: "" });
  });
});

describe("watch", () => {
  it("tells what happens in plain lines, and ends with the output", async () => {
    const id = await submit({});
    const { code, out, talk } = await waybill("watch", id);
    expect({ code, out }).toEqual({ code: 0, out: "done\n" });
    expect(talk).toContain("task.progress 50 % halfway\n");
    expect(talk).toContain("✓ completed in ");
    expect(talk).not.toContain("\u001b");
  });

  it("prints events as JSON, one a line", async () => {
    const { out } = await waybill("watch", await submit({}), "--json");
    const types = out
      .trim()
      .split("\n")
      .map((line) => z.object({ type: z.string() }).parse(JSON.parse(line)).type);
    expect(types.at(0)).toBe("task.submitted");
    expect(types.at(-1)).toBe("task.completed");
  });

  it("exits with the task's outcome", async () => {
    const completed = await submit({});
    const failed = await submit({ fails: true });
    const asking = await submit({ asks: "approval" });
    const cancelled = await submit({ asks: "approval" });
    const late = await submit({ asks: "approval" }, "--deadline", "300ms");
    await client.task(cancelled).cancel();
    const lastOf = async (id: string) => {
      let last = "";
      for await (const { type } of client.task(id).stream()) last = type;
      return last;
    };
    expect(await lastOf(late)).toBe("task.timed_out");
    const codes = await Promise.all(
      [completed, failed, cancelled, late, asking].map(
        async (id) => (await waybill("watch", id, "--exit-status")).code,
      ),
    );
    expect(codes).toEqual([0, 1, 3, 4, 5]);
    expect((await waybill("watch", failed)).code).toBe(0);
  });

  it("leaves the task running when it is interrupted, and says how to cancel it", async () => {
    const id = await submit({ asks: "answer" });
    const child = start("watch", id);
    const end = ended(child);
    await new Promise<void>((resolve) => {
      child.stderr.on("data", (text: string) => {
        if (text.includes("input_required")) resolve();
      });
    });
    child.kill("SIGINT");
    const { code, talk } = await end;
    expect(code).toBe(130);
    expect(talk).toContain(`waybill cancel ${id}`);
    await expect(client.task(id).get()).resolves.toMatchObject({ state: "input_required" });
  });
});

describe("a task", () => {
  it("is answered with nothing where the JSON of its answer is null", async () => {
    const id = await submit({ asks: "answer" });
    await expect.poll(async () => (await waybill("answer", id, "-i", "null")).code).toBe(0);
    expect(await client.task(id).result()).toEqual({ text: "You said null" });
  });

  it("is found by the end of its id, as people type it", async () => {
    const id = await submit({});
    await client.task(id).result();
    const { code, out } = await waybill("result", id.slice(-10).toLowerCase());
    expect({ code, out }).toEqual({ code: 0, out: "done\n" });
    expect(await waybill("get", "nonsense!")).toMatchObject({ code: 2 });
    expect(await waybill("get", "ZZZZZZZZZZ")).toMatchObject({
      code: 1,
      talk: expect.stringContaining("waybill list"),
    });
    expect(await waybill("get", "task_00000000000000000000000000")).toMatchObject({
      code: 1,
      talk: expect.stringContaining("waybill list"),
    });
  });

  it("is found by those who can answer, also while it does other work beside its question", async () => {
    const busy = await submit({ busy: true, asks: "approval" }, "--metadata", "of=asking");
    await expect.poll(async () => (await client.task(busy).get()).input_required?.name).toBe("go");
    await submit({}, "--metadata", "of=asking");
    const asking = await waybill("list", "--asks", "--metadata", "of=asking", "--json");
    const [found, ...others] = asking.out.trim().split("\n");
    expect(JSON.parse(found ?? "")).toMatchObject({ id: busy, state: "running" });
    expect(others).toEqual([]);
    await waybill("approve", busy);
    await expect
      .poll(async () => (await waybill("list", "--asks", "--metadata", "of=asking")).talk)
      .toBe("No such tasks.\n");
    await waybill("cancel", busy);
  });

  it("is listed by state, kind and words", async () => {
    const id = await submit({ asks: "approval" }, "--metadata", "of=listing");
    await untilAsked(id);
    const { out } = await waybill("list", "-s", "input_required", "-k", "errand", "--metadata", "of=listing", "--json");
    expect(z.object({ id: z.string() }).parse(JSON.parse(out)).id).toBe(id);
    const plain = await waybill("list", "--metadata", "of=listing");
    expect(plain.out.split("\n")[1]).toContain(id);
    expect(await waybill("list", "--metadata", "of=nothing")).toEqual({ code: 0, out: "", talk: "No such tasks.\n" });
    expect(await waybill("list", "-s", "sleeping")).toMatchObject({
      code: 2,
      talk: expect.stringContaining("input_required"),
    });
  });

  it("is shown with its question, its steps and its log", async () => {
    const id = await submit({ asks: "approval" });
    await untilAsked(id);
    const shown = await waybill("get", id, "--steps");
    expect(shown.out).toContain("May I go?");
    expect(shown.out).toContain(`waybill approve ${id}`);
    expect(shown.out).toMatch(/walk +step/);
    const log = await waybill("logs", id, "--type", "output");
    expect(log.out).toMatch(/output\.delta +on my way\ufffd\[2J\n$/);
  });

  it("is paused, resumed, retried and cancelled, several at once", async () => {
    const ids = [await submit({ asks: "approval" }), await submit({ asks: "approval" })];
    await Promise.all(ids.map(untilAsked));
    expect(await waybill("pause", ...ids, "--reason", "lunch")).toMatchObject({ code: 0, out: "" });
    await expect(client.task(ids[1] ?? "").get()).resolves.toMatchObject({ paused: { reason: "lunch" } });
    expect(await waybill("resume", ...ids)).toMatchObject({ code: 0 });
    const { out, code } = await waybill("cancel", ...ids, "--json");
    expect({ code, lines: out.trim().split("\n").length }).toEqual({ code: 0, lines: 2 });
    expect(await waybill("cancel", ...ids)).toMatchObject({ code: 1, talk: expect.stringContaining("cancelled") });
    const retried = await waybill("retry", ids[0] ?? "");
    await expect(client.task(retried.out.trim()).get()).resolves.toMatchObject({ retry_of: ids[0] });
  });

  it("is told yes, no, or an answer", async () => {
    const [yes, no, words] = [
      await submit({ asks: "approval" }),
      await submit({ asks: "approval" }),
      await submit({ asks: "answer" }),
    ];
    await Promise.all([yes, no, words].map(untilAsked));
    expect(await waybill("approve", yes)).toMatchObject({ code: 0 });
    expect(await waybill("reject", no, "not", "today")).toMatchObject({ code: 0 });
    expect(await waybill("approve", words)).toMatchObject({ code: 2, talk: expect.stringContaining("May I go?") });
    expect(await waybill("reject", words)).toMatchObject({ code: 2 });
    expect(await waybill("approve", words, "with", "care")).toMatchObject({ code: 0 });
    await expect(client.task(yes).text()).resolves.toBe('You said {"approved":true}');
    await expect(client.task(no).text()).resolves.toBe('You said {"approved":false,"comment":"not today"}');
    await expect(client.task(words).text()).resolves.toBe('You said "with care"');
    expect(await waybill("approve", yes)).toMatchObject({ code: 1, talk: expect.stringContaining("asks nothing") });
  });

  it("has no result while it is open, or when it ended badly", async () => {
    const open = await submit({ asks: "approval" });
    await untilAsked(open);
    expect(await waybill("result", open, "--no-wait")).toMatchObject({ code: 5, out: "" });
    expect(await waybill("result", open)).toMatchObject({ code: 5, talk: expect.stringContaining("May I go?") });
    const failed = await submit({ fails: true });
    expect(await waybill("result", failed)).toMatchObject({
      code: 1,
      out: "",
      talk: expect.stringContaining("It fell."),
    });
  });
});

describe("a server that is not there, or does not let in", () => {
  it("is named, with what to do", async () => {
    const { code, talk } = await waybill("list", "--url", "http://127.0.0.1:1");
    expect(code).toBe(1);
    expect(talk).toContain("Cannot reach http://127.0.0.1:1");
    expect(talk).toContain("waybill dev");
    const { id, secret } = await client.keys.create({ name: "lost" });
    await client.keys.revoke(id);
    expect(await waybill("list", "--key", secret)).toMatchObject({
      code: 1,
      talk: expect.stringContaining("--key"),
    });
    for (const url of ["localhost", "http://u:qzpassword@127.0.0.1:1", "http://127.0.0.1:1/?token=qzpassword"]) {
      const refused = await waybill("list", "--url", url);
      expect(refused).toMatchObject({ code: 2, talk: expect.stringMatching(/^(?=.*--url)(?!.*qzpassword)/s) });
    }
  });
});

describe("keys", () => {
  it("are made, listed, rotated and revoked in a folder that no server uses, and over HTTP", async () => {
    const data = join(await newFolder(), "data");
    const here = (...args: string[]) => runWaybill(["keys", ...args, "--data", data]);
    expect(await here("list")).toMatchObject({ code: 1, talk: expect.stringContaining(data) });
    const { out: secret, talk } = await here("create", "--name", "first");
    expect(secret).toMatch(/^sk_[\w-]{43}\n$/);
    const id = /key_\w+/.exec(talk)?.[0] ?? "";
    expect(await here("list")).toMatchObject({ code: 0, out: expect.stringContaining(id) });
    await here("create", "--name", "second", "--user", "bob");
    expect(await here("revoke", "--user", "bob", "--json")).toMatchObject({ out: '{"user":"bob","revoked":1}\n' });
    const { out: rotated } = await here("rotate", id, "--overlap", "0s");
    expect(rotated).toMatch(/^sk_[\w-]{43}\n$/);
    const served = await startTestServer({ mode: "serve", data });
    onTestFinished(() => served.stop());
    const by =
      (key: string) =>
      (...args: string[]) =>
        runWaybill(["keys", ...args, "--key", key.trim()], { WAYBILL_URL: served.url });
    expect(await by(secret)("list")).toMatchObject({ code: 1 });
    const over = by(rotated);
    const { out: child } = await over("create", "--scope", "tasks", "--child");
    expect(await by(child)("rotate", id)).toMatchObject({ code: 1, talk: expect.stringContaining("not found") });
    expect((await over("list", "--json")).out.trim().split("\n")).toHaveLength(3);
    expect(await over("revoke")).toMatchObject({ code: 2 });
    expect(await over("revoke", id)).toMatchObject({ code: 0 });
    expect(await by(child)("list")).toMatchObject({ code: 1 });
    expect(await here("create", "--scope", "everything")).toMatchObject({ code: 2 });
    expect(await waybill("keys", "list", "--data", data, "--url", served.url)).toMatchObject({ code: 2 });
    const other = join(await newFolder(), "data");
    expect(await waybill("keys", "create", "--data", other)).toMatchObject({
      code: 0,
      talk: expect.stringContaining("of user admin"),
    });
  });
});

describe("a backup", () => {
  it("is made while the server runs, and restored whole", async () => {
    const large = await submit({ large: true });
    await client.task(large).result();
    const asking = await submit({ asks: "approval" });
    await untilAsked(asking);
    const folder = await newFolder();
    const archive = join(folder, "all.tar");
    expect(await waybill("backup", archive, "--data", server.data)).toMatchObject({ code: 0 });
    expect(await waybill("backup", archive, "--data", server.data)).toMatchObject({
      code: 1,
      talk: expect.stringContaining("--force"),
    });
    expect((await readdir(server.data)).filter((name) => name.startsWith("backup-"))).toEqual([]);

    const data = join(folder, "restored");
    expect(await waybill("restore", archive, "--data", data)).toMatchObject({ code: 0 });
    expect(await waybill("restore", archive, "--data", data)).toMatchObject({
      code: 1,
      talk: expect.stringContaining("--force"),
    });
    const restored = await startTestServer({ data, config: { handlers: [errand] } });
    const there = new Waybill({ baseUrl: restored.url });
    await expect(there.task(large).text()).resolves.toBe(LARGE);
    await there.task(asking).input({ approved: true });
    await expect(there.task(asking).text()).resolves.toContain("approved");
    expect(await waybill("restore", archive, "--data", data, "--force")).toMatchObject({
      code: 1,
      talk: expect.stringContaining("in use"),
    });
    await restored.stop();

    await writeFile(join(data, "in-flight"), "who was in flight at the death of another server");
    expect(await waybill("restore", archive, "--data", data, "--force")).toMatchObject({ code: 0 });
    const [aside = "", ...others] = (await readdir(data)).filter((name) => name.startsWith("before-restore-"));
    expect(others).toEqual([]);
    expect(await readdir(data)).not.toContain("in-flight");
    expect(await readdir(join(data, aside))).toContain("in-flight");
  });

  it("that was changed is refused, and touches nothing", async () => {
    const folder = await newFolder();
    const archive = join(folder, "all.tar");
    await waybill("backup", archive, "--data", server.data);
    const bytes = await readFile(archive);
    const at = bytes.indexOf("SQLite format 3") + 5_000;
    bytes[at] = (bytes[at] ?? 0) ^ 0xff;
    await writeFile(archive, bytes);
    const data = join(folder, "restored");
    const { code, talk } = await waybill("restore", archive, "--data", data);
    expect(code).toBe(1);
    expect(talk).toContain("was changed");
    await writeFile(archive, "no tar");
    expect(await waybill("restore", archive, "--data", data)).toMatchObject({
      code: 1,
      talk: expect.stringContaining("not restored"),
    });
    expect((await readdir(data)).filter((name) => name.startsWith("waybill") || name === "files")).toEqual([]);
  });
});

describe("doctor", () => {
  it("finds a running server sound, and says what is not", async () => {
    await chmod(server.data, 0o755);
    const { code, out } = await waybill("doctor", "--data", server.data);
    if (process.platform !== "win32") expect(out).toMatch(/· Permissions +others .*\(755\)/);
    expect(out).toMatch(/✓ Database +sound/);
    expect(out).toMatch(/✓ Key +user developer/);
    expect(code).toBe(0);
    const lost = await waybill("doctor", "--data", await newFolder(), "--json", "--url", "http://127.0.0.1:1");
    expect(lost.code).toBe(1);
    const findings = lost.out
      .trim()
      .split("\n")
      .map((line) => z.object({ what: z.string(), is: z.string() }).parse(JSON.parse(line)));
    expect(findings).toContainEqual({ what: "Server", is: "bad" });
    expect(findings).toContainEqual({ what: "Data folder", is: "note" });
  });

  it("knows the configuration and what it brings, and says what was meant by a field that there is not", async () => {
    const config = join(await newFolder(), "own.config.json");
    const doctor = async (written: object) => {
      await writeFile(config, JSON.stringify(written));
      const env = { WAYBILL_CONFIG: config, OPENAI_BASE_URL: "http://localhost:1/v1", WAYBILL_URL: server.url };
      return (await runWaybill(["doctor", "--data", join(config, "../none")], env)).out;
    };
    const good = await doctor({ agents: [{ slug: "guide", name: "Guide" }] });
    expect(good).toContain(`Configuration  ${config}; agents guide\n`);
    expect(good).toMatch(/✓ Models +openai/);
    const wrong = await doctor({ agnets: [] });
    expect(wrong).toMatch(
      /✗ Configuration +\S+ is not a valid configuration:\n +there is no field "agnets" here: did you mean "agents"\?\n +Correct it/,
    );
    const unknown = await doctor({ defaultAgent: "asistant", agents: [{ slug: "assistant", name: "A" }] });
    expect(unknown).toContain('there is no agent "asistant". Did you mean "assistant"? Agents: assistant.');
  });

  it("runs no code of the folder that it stands in, and says so", async () => {
    const here = await newFolder();
    const ran = join(here, "ran");
    const code = `import { writeFileSync } from "node:fs"; writeFileSync(${JSON.stringify(ran)}, ""); export default {};`;
    const found = async (flags: { config?: string }) => {
      const findings = [];
      for await (const finding of diagnose(join(here, "none"), { url: server.url, ...flags }, {}, here)) {
        if (finding.what === "Configuration") findings.push(finding);
      }
      return findings;
    };
    await writeFile(join(here, "waybill.config.js"), code);
    const says = expect.stringContaining("waybill.config.js lies here, is a program, and was not run");
    expect(await found({})).toMatchObject([{ is: "note", says }]);
    expect(existsSync(ran)).toBe(false);
    expect(await found({ config: "waybill.config.js" })).toMatchObject([{ is: "good" }]);
    expect(existsSync(ran)).toBe(true);
  });
});

it("explains itself", async () => {
  expect(await waybill("--help")).toMatchObject({ code: 0, out: expect.stringContaining("submit") });
  expect(await waybill("watch", "--help")).toMatchObject({ code: 0, out: expect.stringContaining("5 needs input") });
  expect(await waybill("wach")).toMatchObject({ code: 2, out: "", talk: expect.stringContaining("watch") });
  const stranger = await waybill("agents", "shwo", "guide");
  expect(stranger).toMatchObject({ code: 2, out: "" });
  expect(stranger.talk).toContain('there is no command "waybill agents shwo". Did you mean "show"?');
  expect((await waybill("agents", "--json")).code).toBe(0);
});

it.each([["--help"], ["submit", "--help"], ["dev", "--help"]])(
  "bears a reader of %s %s who leaves at once",
  async (...args) => {
    const child = start(...args);
    child.stdout.destroy();
    expect(await ended(child)).toMatchObject({ code: 0, talk: "" });
  },
);
