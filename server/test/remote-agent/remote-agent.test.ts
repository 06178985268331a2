/** Another server's agent as a task of ours: asked, followed, answered, stopped, and found again after a restart. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestServer, type TestServer } from "../server.ts";
import { Liar } from "./liar.ts";
import { type Binding, Peer } from "./peer.ts";

const BINDINGS: readonly Binding[] = ["1.0 JSON-RPC", "1.0 HTTP", "0.3 JSON-RPC", "0.3 HTTP"];

let peer: Peer;
let data: string;
let server: TestServer;
const start = () => startTestServer({ data, config: { remoteAgents: { known: known() } } });
const known = () => ({
  url: peer.url("1.0 JSON-RPC"),
  description: "Paints.",
  headers: { Authorization: "Bearer secret-of-the-peer" },
});

beforeAll(async () => {
  peer = await Peer.start();
  data = await mkdtemp(join(tmpdir(), "waybill-remote-"));
  server = await start();
});
afterAll(async () => {
  await server.stop();
  await peer.stop();
  await rm(data, { recursive: true, force: true });
});

type Shown = {
  id: string;
  state: string;
  output: unknown;
  error: { code: string; message: string } | null;
  details: { remote?: { task: string; state: string } };
  conversation: string | null;
};

async function submit(input: Record<string, unknown>): Promise<string> {
  const response = await server.call("/v1/tasks", { json: { kind: "remote_agent", input } });
  const body = await jsonOf(response);
  expect(response.status, JSON.stringify(body)).toBe(202);
  return body.id;
}
const jsonOf = async (response: Response) => JSON.parse(await response.text());
const read = async (id: string): Promise<Shown> => jsonOf(await server.call(`/v1/tasks/${id}`));
const ended = async (id: string): Promise<Shown> => jsonOf(await server.call(`/v1/tasks/${id}?wait=60`));
async function until(id: string, state: string): Promise<Shown> {
  await expect.poll(async () => (await read(id)).state).toBe(state);
  return read(id);
}
const events = async (id: string): Promise<{ type: string; data: Record<string, unknown> }[]> =>
  (await jsonOf(await server.call(`/v1/tasks/${id}/events`))).data;
const closing = (text: string) => ({ message: { parts: [{ text }] }, alone: false });

describe.each(BINDINGS)("an agent that speaks %s", (binding) => {
  it("is asked, followed while it works, and what came out of it is ours", async () => {
    const text = `slow ${binding}`;
    const id = await submit({ url: peer.url(binding), query: text });
    await expect.poll(async () => JSON.stringify(await events(id))).toContain("Half ");
    peer.release(text);
    const task = await ended(id);
    expect(task.error).toBeNull();
    expect(task.output).toEqual(closing("Done."));
    const artifacts = (await jsonOf(await server.call(`/v1/tasks/${id}/artifacts`))).data;
    expect(artifacts).toMatchObject([
      { id: "out", name: "out.txt", parts: [{ text: "Half " }, { text: "and half." }] },
    ]);
    const said = (await events(id))
      .filter(({ type }) => type === "output.delta")
      .map(({ data: { text: piece } }) => piece);
    expect(said.join("")).toBe("Half and half.");
  });

  it("is looked at again and again where it has no stream", async () => {
    const id = await submit({ url: peer.url(binding, { streams: false }), query: `slow polled ${binding}` });
    peer.release(`slow polled ${binding}`);
    expect((await ended(id)).output).toEqual(closing("Done."));
  });

  it("has its question put to our caller, whose answer goes on in the same task of the other side", async () => {
    const id = await submit({ url: peer.url(binding), query: "ask" });
    const asking = await until(id, "input_required");
    expect(JSON.stringify(asking)).toContain("Which colour?");
    const answer = await server.call(`/v1/tasks/${id}/input`, { json: { value: "blue" } });
    expect(answer.status).toBe(200);
    expect((await ended(id)).output).toEqual(closing("Painted: blue"));
    expect(peer.heard.at(-1)).toMatchObject({ taskId: asking.details.remote?.task, text: "blue" });
  });

  it("is stopped when our task is", async () => {
    const text = `slow stopped ${binding}`;
    const id = await submit({ url: peer.url(binding), query: text });
    await expect.poll(async () => (await read(id)).details.remote?.task).toBeDefined();
    const { task = "" } = (await read(id)).details.remote ?? {};
    await server.call(`/v1/tasks/${id}/cancel`, { method: "POST" });
    await expect.poll(() => peer.cancelled).toContain(task);
    expect((await read(id)).state).toBe("cancelled");
  });
});

describe("an agent of another server", () => {
  it("may answer with words alone", async () => {
    const id = await submit({ agent: "known", query: "message" });
    expect((await ended(id)).output).toEqual({ message: { parts: [{ text: "Only words." }] }, alone: true });
  });

  it("ends our task as its own ended, in its words", async () => {
    const failed = await ended(await submit({ agent: "known", query: "fail" }));
    expect(failed).toMatchObject({
      state: "failed",
      error: { code: "remote_failed", message: "The kettle is empty." },
    });
    const rejected = await ended(await submit({ agent: "known", query: "reject" }));
    expect(rejected).toMatchObject({ state: "rejected", error: { code: "remote_rejected", message: "Not my work." } });
  });

  it("that wants somebody to sign in has that put to our caller as a question for authorization", async () => {
    const task = await until(await submit({ agent: "known", query: "login" }), "input_required");
    expect(JSON.stringify(task)).toContain("Sign in at the door.");
    expect(JSON.stringify(task)).toContain("authorization");
  });

  it("is followed over a broken network without a gap or a repeat", async () => {
    const id = await submit({ agent: "known", query: "slow broken" });
    await expect.poll(async () => JSON.stringify(await events(id))).toContain("Half ");
    peer.cut();
    peer.release("slow broken");
    expect((await ended(id)).state).toBe("completed");
    const said = (await events(id)).filter(({ type }) => type === "output.delta").map(({ data: { text } }) => text);
    expect(said.join("")).toBe("Half and half.");
  });

  it("is found again after a restart of ours, and is not asked twice", async () => {
    const id = await submit({ agent: "known", query: "slow restart" });
    await expect.poll(async () => (await read(id)).details.remote?.task).toBeDefined();
    await server.stop();
    server = await start();
    peer.release("slow restart");
    expect((await ended(id)).output).toEqual(closing("Done."));
    expect(peer.heard.filter(({ text }) => text === "slow restart")).toHaveLength(1);
  });

  it("hears what is configured for it, and other origins do not", async () => {
    expect(peer.authorizations).toContain("Bearer secret-of-the-peer");
    peer.authorizations.clear();
    await ended(await submit({ url: peer.url("1.0 HTTP"), query: "quick" }));
    expect([...peer.authorizations]).toEqual([""]);
    const shown = JSON.stringify(await read(await submit({ agent: "known", query: "quick" })));
    expect(shown).not.toContain("secret-of-the-peer");
  });

  it("is sent files with their bytes", async () => {
    const bytes = Buffer.from("A picture.").toString("base64");
    const attachments = [{ file: { bytes }, name: "a.txt", mediaType: "text/plain" }];
    await ended(await submit({ agent: "known", query: "quick", attachments }));
    expect(peer.heard.at(-1)?.text).toBe("quick [raw]");
  });
});

describe("what nobody can ask", () => {
  it("is refused at the door when the input names nobody, two, or one who is not configured", async () => {
    for (const [input, why] of [
      [{ query: "x" }, "either agent or url"],
      [{ agent: "known", url: "http://x.example/", query: "x" }, "either agent or url"],
      [{ agent: "stranger", query: "x" }, "must be one of the configured remote agents: known"],
      [{ url: "file:///etc/passwd", query: "x" }, "url"],
    ] as const) {
      const response = await server.call("/v1/tasks", { json: { kind: "remote_agent", input } });
      expect(response.status).toBe(400);
      expect(await response.text()).toContain(why);
    }
  });

  it("fails at once, with a reason, when it is of an inner network or no agent", async () => {
    const inner = await ended(await submit({ url: "http://10.1.2.3/", query: "x" }));
    expect(inner.error).toMatchObject({ code: "remote_not_reached" });
    expect(inner.error?.message).toContain("10.1.2.3 is not an address of the internet");
    for (const url of [peer.url("1.0 JSON-RPC"), peer.url("0.3 HTTP")]) {
      const held = await ended(await submit({ url, query: "quick", reach: ["agents.example.com"] }));
      expect(held.error).toMatchObject({
        code: "remote_not_reached",
        message: expect.stringContaining(
          `${new URL(url).origin} is not reached: the agent that asks may reach agents.`,
        ),
      });
      const { host } = new URL(url);
      expect((await ended(await submit({ url, query: "quick", reach: [host] }))).state).toBe("completed");
    }
  });

  it("fails at once, and says why, when what it says of its task cannot be so; what is only odd is taken as it can be", async () => {
    const liar = await Liar.start();
    const outcome = async (query: string) => {
      const { state, error } = await ended(await submit({ url: liar.url, query }));
      return [query, error?.code ?? state, error?.message.split("\n")[0] ?? ""];
    };
    const told = await Promise.all(["other", "huge", "many", "gone", "back", "odd"].map(outcome));
    liar.stop();
    expect(told).toEqual([
      ["other", "remote_refused", "The other agent was asked for its task other and told of another."],
      ["huge", "too_large", expect.stringMatching(/^The answer of .* is over 33554432 bytes\.$/)],
      ["many", "remote_refused", expect.stringContaining("does not fit")],
      ["gone", "remote_refused", expect.stringContaining("Task not found")],
      ["back", "completed", ""],
      ["odd", "completed", ""],
    ]);
  });
});
