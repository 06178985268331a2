/** The server as a process: its flags, its words, its signals and its exit codes. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { createServer as createReceiver } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import * as wire from "../src/lenses/native/schema.ts";
import { type Environment, PACKAGE, runWaybill, spawnWaybill } from "./command.ts";

// Each start of a process is dear: the tests share two of them, and each stands alone all the same.
let folder = "";
let first: ReturnType<typeof waybill>;
let killed: Promise<ReturnType<typeof waybill>> | undefined;
const running: ChildProcess[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "waybill-process-"));
  first = waybillWith({ NODE_COMPILE_CACHE: join(folder, "compiled") }, "dev", ...free);
});
afterAll(async () => {
  for (const child of running.splice(0)) child.kill("SIGKILL");
  await rm(folder, { recursive: true, force: true });
});

/** The server that has begun after a kill of the first, whichever test needs it first. */
function afterKill(): Promise<ReturnType<typeof waybill>> {
  killed ??= (async () => {
    await first.ready;
    first.child.kill("SIGKILL");
    await first.exited;
    const second = waybill("dev", ...free);
    await second.ready;
    return second;
  })();
  return killed;
}

/** A server in a process of its own, and whatever it has said so far. */
const waybill = (...args: string[]) => waybillWith({}, ...args);

function waybillWith(env: Environment, ...args: string[]) {
  const child = spawnWaybill(args, { cwd: folder, env });
  running.push(child);
  const talk = { text: "" };
  const heard = Promise.withResolvers<void>();
  const exited = new Promise<number | null>((resolve) => child.on("exit", (code) => resolve(code)));
  child.stderr.on("data", (data: Buffer) => {
    talk.text += data.toString();
    if (talk.text.includes("is ready")) heard.resolve();
  });
  void exited.then((code) => heard.reject(new Error(`exited with ${code}: ${talk.text}`)));
  heard.promise.catch(() => {});
  return { child, talk, exited, ready: heard.promise };
}

const free = ["--port", "0", "--lens-port", "shannon=0"];
const urlIn = (text: string) => /Dashboard +(http:\/\/\S+)\/dashboard/.exec(text)?.[1] ?? "";

/** What a process that was told to stop has written to its log last. */
function loggedLast(talk: { text: string }): string[] {
  const lines = talk.text.split("\n").filter((line) => line.startsWith("{"));
  return lines.map((line) => z.object({ msg: z.string() }).parse(JSON.parse(line)).msg).slice(-3);
}

describe("waybill dev", () => {
  it("says where everything is, and answers", async () => {
    const { talk, ready } = first;
    await ready;
    expect((await fetch(`${urlIn(talk.text)}/health`)).status).toBe(200);
    const shannon = /Shannon API +(http:\/\/\S+)\/api/.exec(talk.text)?.[1] ?? "";
    expect((await fetch(`${shannon}/health`)).status).toBe(200);
    expect(talk.text.match(/^ +curl /gm)).toHaveLength(3);
  });

  it("keeps what it has compiled for the next start, whatever becomes of it", async () => {
    await first.ready;
    const kept = () => readdir(join(folder, "compiled"), { recursive: true });
    await expect.poll(async () => (await kept()).length).toBeGreaterThan(100);
  });

  // What is only called for its error is what a bundler takes for idle.
  it("refuses what the sources refuse, whatever the bundle was made of", async () => {
    const { talk, ready } = first;
    await ready;
    expect((await fetch(`${urlIn(talk.text)}/v1/tasks?q=%FF`)).status).toBe(400);
  });

  it.skipIf(process.platform === "win32")("lets nobody else on the machine read what it makes", async () => {
    await first.ready;
    const data = join(folder, ".waybill");
    const made = ["", ...(await readdir(data, { recursive: true }))];
    expect(made).toEqual(expect.arrayContaining(["waybill.sqlite", "waybill.sqlite-wal", "in-flight", "files"]));
    for (const name of made) {
      const { mode } = await stat(join(data, name));
      expect((mode & 0o77).toString(8), name).toBe("0");
    }
  });

  it("refuses a folder that another server holds, and a port that is taken, with exit code 1 and a sentence", async () => {
    await first.ready;
    const { port } = new URL(urlIn(first.talk.text));
    const data = join(folder, ".waybill");
    const folderTaken = await runWaybill(["dev", "--data", data, ...free]);
    expect(folderTaken).toMatchObject({ code: 1, talk: expect.stringContaining(`process ${first.child.pid}`) });
    expect(folderTaken.talk).not.toContain("    at ");
    for (const ports of [
      ["--port", port, "--lens-port", "none"],
      ["--port", "0", "--lens-port", `shannon=${port}`],
    ]) {
      const { code, talk } = await runWaybill(["dev", "--data", join(folder, "other"), ...ports]);
      expect(code).toBe(1);
      expect(talk).toContain(`port ${port} on 127.0.0.1 is taken by another program`);
      expect(talk).not.toContain("    at ");
    }
  });

  it("has its parts joined by the names of what they hand each other, so that a newer one is given nothing else", async () => {
    await first.ready;
    const chunks = fileURLToPath(new URL("chunks/", PACKAGE));
    const parts = (await readdir(chunks)).filter((name) => name.endsWith(".js"));
    const texts = await Promise.all(parts.map((name) => readFile(join(chunks, name), "utf8")));
    expect(parts.length).toBeGreaterThan(100);
    expect(parts.filter((_, at) => /^export \{.*\bas \w\b.*\};$/m.test(texts[at] ?? ""))).toEqual([]);
  });

  it("ends when it does not start, whatever its configuration holds open by then", async () => {
    await first.ready;
    const { port } = new URL(urlIn(first.talk.text));
    const open = "setInterval(() => {}, 1e9);\nexport default {};";
    const cases: [code: string, port: string, said: string][] = [
      [open, port, "is taken by another program"],
      [`Date.now = () => { throw new TypeError("It has no clock."); };\n${open}`, "0", "It has no clock."],
    ];
    for (const [code, at, said] of cases) {
      const config = join(folder, "open.config.mjs");
      await writeFile(config, code);
      const args = ["dev", "--config", config, "--data", join(folder, "unopened"), "--port", at, "--lens-port", "none"];
      const { exited, talk } = waybill(...args);
      expect([await exited, talk.text]).toEqual([1, expect.stringContaining(said)]);
    }
  });

  it("keeps what it has acknowledged over a kill", async () => {
    await first.ready;
    const body = JSON.stringify({ kind: "agent", input: { query: "What is 2 + 2?" } });
    const headers = { "content-type": "application/json" };
    const submitted = await fetch(`${urlIn(first.talk.text)}/v1/tasks`, { method: "POST", body, headers });
    const { id } = wire.task.parse(await submitted.json());
    const second = await afterKill();
    const read = await fetch(`${urlIn(second.talk.text)}/v1/tasks/${id}?wait=60`);
    expect(wire.task.parse(await read.json())).toMatchObject({ id, state: "completed" });
  });

  it.skipIf(process.platform === "win32")("starts again with a configuration that is made later", async () => {
    const second = await afterKill();
    await writeFile(join(folder, "waybill.config.json"), '{"agents": [{"slug": "later", "name": "Later"}]}');
    await vi.waitFor(() => expect(second.talk.text.match(/is ready/g)).toHaveLength(2), { timeout: 60_000 });
    expect(second.talk.text).toContain("waybill.config.json has changed: the server starts again.");
    expect((await fetch(`${urlIn(second.talk.text)}/v1/agents/later`)).status).toBe(200);
    await rm(join(folder, "waybill.config.json"));
    const missed = "the server goes on as before: The configuration file";
    await vi.waitFor(() => expect(second.talk.text).toContain(missed), { timeout: 60_000 });
  });

  it("exits 0 on SIGTERM, and those who are told of tasks have let go of the store before it closes", async () => {
    const second = await afterKill();
    const heard = Promise.withResolvers<void>();
    const receiver = createReceiver((_, response) => response.writeHead(204).end(heard.resolve));
    receiver.listen(0, "127.0.0.1");
    await once(receiver, "listening");
    const address = receiver.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const webhook = { url: `http://127.0.0.1:${port}/` };
    await fetch(`${urlIn(second.talk.text)}/v1/tasks`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ kind: "external", input: { queue: "q" }, webhook }),
    });
    await heard.promise;
    second.child.kill("SIGTERM");
    expect(await second.exited).toBe(0);
    receiver.close();
    expect(loggedLast(second.talk)).toEqual(["started", "stopping", "stopped"]);
  });

  it("refuses what it does not understand with exit code 2", async () => {
    for (const flags of [
      ["--prot", "1"],
      ["--host", "0.0.0.0"],
      ["--model", "nobody:nothing"],
      ["--temporal", "x"],
    ]) {
      const { code, talk } = await runWaybill(["dev", "--data", join(folder, "other"), ...flags]);
      expect([flags, code]).toEqual([flags, 2]);
      expect(talk).not.toContain("    at ");
    }
    const { exited, talk } = waybill("dev", "--port", "x");
    expect(await exited).toBe(2);
    expect(talk.text).not.toContain("    at ");
  });
});

describe("waybill dev whose configuration changes", () => {
  const configOf = (agents: string) => `
    import { existsSync } from "node:fs";
    import { defineHandler } from ${JSON.stringify(PACKAGE)};
    import { z } from ${JSON.stringify(import.meta.resolve("zod"))};
    ${agents}
    const pass = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    const wait = async () => { while (!existsSync(import.meta.dirname + "/go")) await pass(20); return "gone"; };
    export default {
      agents: slugs.map((slug) => ({ slug, name: slug })),
      handlers: [defineHandler({ kind: "waits", input: z.strictObject({}), run: (ctx) => ctx.step("wait", wait) })],
    };`;
  const agentPage = wire.paged(z.object({ slug: z.string() }));

  it("waits for its author where the file was broken while the server before it stopped", async () => {
    const late = join(folder, "late");
    const config = join(late, "waybill.config.ts");
    await mkdir(late);
    await writeFile(config, "export default {");
    const flags = ["--data", join(late, "data"), "--config", config];
    const again = { WAYBILL_STARTED_AGAIN: "1" };
    const { child, talk, exited, ready } = waybillWith(again, "dev", ...free, ...flags);
    await vi.waitFor(() => expect(talk.text).toContain("The server starts once that is mended: "), { timeout: 60_000 });
    await writeFile(config, "export default {};");
    await ready;
    child.kill("SIGTERM");
    expect(await exited).toBe(0);
  });

  it("keeps what runs with a file that is broken, and starts again with a good one, in the same process", async () => {
    const own = join(folder, "own");
    const config = join(own, "waybill.config.ts");
    await mkdir(own);
    await writeFile(join(own, "slugs.ts"), 'export const slugs: string[] = ["one"];');
    await writeFile(config, configOf('import { slugs } from "./slugs.ts";'));
    const flags = ["--data", join(own, "data"), "--config", config, "--grace-s", "0"];
    const { child, talk, exited, ready } = waybill("dev", ...free, ...flags);
    await ready;
    const url = urlIn(talk.text);
    const body = JSON.stringify({ kind: "waits", input: {} });
    const headers = { "content-type": "application/json" };
    const submitted = await fetch(`${url}/v1/tasks`, { method: "POST", body, headers });
    const { id } = wire.task.parse(await submitted.json());
    const said = (text: string) => vi.waitFor(() => expect(talk.text).toContain(text), { timeout: 60_000 });

    await writeFile(join(own, "slugs.ts"), 'export const slugs = ["Not a slug!"];');
    await said("own/slugs.ts has changed, and the server goes on as before: ");
    expect(talk.text).toContain("agents.0.slug");
    expect((await fetch(`${url}/health`)).status).toBe(200);

    await writeFile(join(own, "next.ts"), configOf('const slugs = ["one", "two"];'));
    await rename(join(own, "next.ts"), config);
    await said("own/waybill.config.ts has changed: the server starts again.");
    await vi.waitFor(() => expect(talk.text.match(/is ready/g)).toHaveLength(2), { timeout: 60_000 });
    const agents = agentPage.parse(await (await fetch(`${url}/v1/agents`)).json()).data;
    expect(agents.map(({ slug }) => slug)).toEqual(["one", "two"]);
    await writeFile(join(own, "go"), "");
    const read = await fetch(`${url}/v1/tasks/${id}?wait=60`);
    expect(wire.task.parse(await read.json())).toMatchObject({ state: "completed", output: "gone", attempt: 1 });
    child.kill("SIGTERM");
    expect(await exited).toBe(0);
  });
});

describe("waybill serve", () => {
  it("refuses to start before there is a key, and says how to make one", async () => {
    const data = join(folder, "no-keys");
    const { code, talk } = await runWaybill(["serve", "--data", data, ...free]);
    expect(code).toBe(1);
    expect(talk).toContain(`waybill keys create --data ${data}`);
  });
});

describe("a usual lens port that is taken", () => {
  it("is a note that names the prefix, and SIGINT ends the server as it does any other", async () => {
    const holder = createServer();
    const taken = await new Promise<boolean>((resolve) => {
      holder.once("error", () => resolve(true));
      holder.listen(8080, "127.0.0.1", () => resolve(true));
    });
    expect(taken).toBe(true);
    const { child, talk, exited, ready } = waybill("dev", "--port", "0");
    await ready;
    holder.close();
    expect(talk.text).toMatch(
      /port 8080 on 127\.0\.0\.1 is taken by another program: the shannon lens is at http:\/\/localhost:\d+\/shannon only/,
    );
    expect(talk.text).toMatch(/Shannon API +http:\/\/localhost:\d+\/shannon\/api\/v1/);
    child.kill("SIGINT");
    expect(await exited).toBe(0);
    expect(loggedLast(talk)).toEqual(["started", "stopping", "stopped"]);
  });
});
