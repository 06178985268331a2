/** A lens that is only in the list: everything else that it needs follows from that. */
import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { loadConfig } from "../src/config.ts";
import { LENSES } from "../src/lenses/index.ts";
import { startTestServer, type TestServer } from "./server.ts";
import { telexLens } from "./telex-lens.ts";

let server: TestServer;
let own = "";
let key = "";
beforeAll(async () => {
  server = await startTestServer({ mode: "serve", keys: [{ user: "ada" }], lenses: [telexLens] });
  own = server.lensUrls["telex"] ?? "";
  key = server.secrets[0] ?? "";
});
afterAll(() => server.stop());

const basic = () => ({ authorization: `Basic ${Buffer.from(`ada:${key}`).toString("base64")}` });

async function ask(url: string, init: RequestInit = {}) {
  const response = await fetch(url, { ...init, headers: { ...basic(), ...init.headers } });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: text === "" ? null : JSON.parse(text) };
}

function send(text: string, headers: Record<string, string> = {}, at = own) {
  const body = JSON.stringify({ text });
  return ask(`${at}/telegrams`, { method: "POST", body, headers: { "content-type": "application/json", ...headers } });
}

/** What of any upload is in the data folder, half written or whole. */
async function keptFiles(): Promise<string[]> {
  const entries = await readdir(join(server.data, "files"), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

describe("a lens in the list", () => {
  it("has a port of its own, and its prefix on the main one, with all its variants", async () => {
    for (const at of [own, `${server.url}/telex`, `${own}/offices/7`, `${server.url}/telex/offices/7`]) {
      const sent = await send("hello", {}, at);
      expect([at, sent.status]).toEqual([at, 200]);
      expect(new URL(sent.headers.get("location") ?? "", at).href).toBe(`${at}/telegrams/${sent.body.id}`);
    }
  });

  it("has its usual port, and a flag for another", async () => {
    const [root, ...others] = LENSES;
    const lenses = [root, ...others, telexLens] as const;
    const load = (flags: Record<string, string>, of: typeof lenses | typeof LENSES) =>
      loadConfig({ mode: "dev", flags, env: {}, folder: server.data, lenses: of });
    expect((await load({}, lenses)).lensPorts).toEqual({
      shannon: 8080,
      documents: 10_000,
      orchestrate: 4321,
      telex: 7421,
    });
    expect((await load({ lensPort: "telex=1" }, lenses)).lensPorts).toEqual({ telex: 1 });
    await expect(load({ lensPort: "telex=1" }, LENSES)).rejects.toThrow("--lens-port");
  });

  it("greets, and answers health on its port", async () => {
    expect(server.greeting).toContain(`Telex        ${own}`);
    expect(server.greeting).toContain(`curl ${own}/telegrams`);
    expect((await ask(`${own}/health`)).status).toBe(200);
  });

  it("stands beside others that have a page for people at their own ports", async () => {
    for (const { name, port } of LENSES) {
      if (port === null) continue;
      const page = await fetch(`${server.lensUrls[name]}/docs`);
      expect([name, page.status, page.headers.get("content-type")]).toEqual([name, 200, "text/html; charset=utf-8"]);
      expect(await page.text()).toContain('<a href="openapi.json">');
    }
  });

  it("owns paths at the root of both listeners", async () => {
    for (const at of [own, server.url]) {
      expect(await (await fetch(`${at}/.well-known/telex.json`)).json()).toEqual({ office: "/telex" });
    }
  });

  it("shows what another lens has taken, and is a lens that others may be asked for", async () => {
    const { body } = await send("for the native lens");
    const shown = await server.call(`/v1/tasks/${body.id}?lens=telex`, { key });
    expect(await shown.json()).toEqual(body);
    const refused = await server.call(`/v1/tasks/${body.id}?lens=morse`, { key });
    expect(await refused.text()).toContain("native, shannon, documents, orchestrate, a2a, bpm, telex");
  });

  it("finds keys where it says that they are, before it reads the body", async () => {
    const refused = await fetch(`${own}/telegrams`, { method: "POST", body: "{oops" });
    expect([refused.status, refused.headers.get("www-authenticate")]).toEqual([401, "Basic"]);
    expect((await fetch(`${own}/telegrams?key=${key}`)).status).toBe(200);
    expect((await fetch(`${own}/telegrams`, { headers: { "x-api-key": key } })).status).toBe(401);
  });

  it("does the same twice under one key only once, and refuses another thing under it", async () => {
    const first = await send("once", { "idempotency-key": "k" });
    const again = await send("once", { "idempotency-key": "k" });
    expect([again.body.id, again.headers.get("x-again")]).toEqual([first.body.id, "yes"]);
    expect((await send("twice", { "idempotency-key": "k" })).status).toBe(409);
  });

  it("gives pages, and refuses bad ones in its own words", async () => {
    const first = await ask(`${own}/telegrams?limit=1`);
    const next = await ask(`${own}/telegrams?limit=1&cursor=${first.body.next}`);
    expect(first.body.page).toHaveLength(1);
    expect(next.body.page[0].id).not.toBe(first.body.page[0].id);
    const refused = await ask(`${own}/telegrams?limit=6`);
    expect([refused.status, refused.body]).toEqual([422, { stop: "QUERY LIMIT DOES NOT FIT" }]);
  });

  it("sends nothing again to whoever has it", async () => {
    const { body } = await send("read me");
    const read = await ask(`${own}/telegrams/${body.id}`);
    const etag = read.headers.get("etag") ?? "";
    const again = await ask(`${own}/telegrams/${body.id}`, { headers: { "if-none-match": `W/${etag}` } });
    expect([read.status, again.status, again.text]).toEqual([200, 304, ""]);
  });

  it("is handed an upload as it comes, larger than any JSON may be, up to its own bound", async () => {
    const body = Buffer.alloc(3_000_000);
    const counted = await ask(`${own}/photographs/7:count`, {
      method: "POST",
      body,
      headers: { "content-type": "image/png" },
    });
    expect(counted.body).toEqual({ bytes: 3_000_000 });
    const tooMany = Buffer.alloc(30_000_000);
    expect((await ask(`${own}/photographs/7:count`, { method: "POST", body: tooMany })).status).toBe(413);
  });

  it("is handed a form: its fields, and what its files are once they are on disk", async () => {
    const form = new FormData();
    form.append("to", "Ada");
    form.append("stamps[red]", "3");
    form.append("parcel", new File(["first"], "a.txt", { type: "text/plain" }));
    form.append("parcel", new File([Buffer.alloc(5_000_000)], "b.bin"));
    const { status, body } = await ask(`${own}/parcels`, { method: "POST", body: form });
    expect(status).toBe(200);
    expect(body).toMatchObject({ to: "Ada", stamps: { red: "3" }, parcels: [{ filename: "a.txt", bytes: 5 }, {}] });
    expect(body.parcels[0].sha256).toBe(createHash("sha256").update("first").digest("hex"));
    expect(body.parcels[1]).toMatchObject({ filename: "b.bin", mediaType: "application/octet-stream", bytes: 5e6 });
    expect(await keptFiles()).toEqual([]);
  });

  it("refuses forms in its own words: what does not fit, what is too long, what is none", async () => {
    const parcel = (bytes: number) => {
      const form = new FormData();
      form.append("parcel", new File([Buffer.alloc(bytes)], "a.bin"));
      return form;
    };
    const post = (body: FormData | string, headers = {}) => ask(`${own}/parcels`, { method: "POST", body, headers });
    const unaddressed = await post(parcel(5));
    expect([unaddressed.status, unaddressed.body]).toEqual([422, { stop: "BODY TO DOES NOT FIT" }]);
    expect((await post(parcel(10_000_001))).status).toBe(413);
    expect((await post(parcel(20_000_001))).status).toBe(413);
    expect((await post("{}", { "content-type": "application/json" })).status).toBe(422);
    expect((await post("--x", { "content-type": "multipart/form-data" })).status).toBe(422);
    expect(await keptFiles()).toEqual([]);
  });

  it("keeps nothing of a form whose sender leaves in the middle of a file", async () => {
    const sender = connect(Number(new URL(own).port), "127.0.0.1");
    sender.write(
      `POST /parcels HTTP/1.1\r\nhost: localhost\r\nauthorization: ${basic().authorization}\r\n` +
        "content-type: multipart/form-data; boundary=x\r\ncontent-length: 1000000\r\n\r\n" +
        '--x\r\ncontent-disposition: form-data; name="parcel"; filename="a"\r\n\r\nhalf of it',
    );
    await expect.poll(keptFiles).toHaveLength(1);
    sender.destroy();
    await expect.poll(keptFiles).toEqual([]);
  });

  it("has errors of its own, and a route has others", async () => {
    expect((await ask(`${own}/telegrams/nobody`)).body).toEqual({ stop: "TASK NOT FOUND" });
    expect((await send("x", { "content-type": "text/plain" })).status).toBe(422);
    const odd = await ask(`${own}/photographs/7:count`, { method: "POST", headers: { "content-type": "image/png" } });
    expect([odd.status, odd.body]).toEqual([418, { stop: "NO PHOTOGRAPHS TODAY" }]);
  });

  it.each(["/nowhere", "/offices/7/nowhere"])("says in its own words that nothing is at %s", async (path) => {
    for (const at of [own, `${server.url}/telex`]) {
      const lost = await ask(at + path);
      expect([at, lost.status, lost.body]).toEqual([at, 404, { stop: "NO SUCH OFFICE" }]);
      const wrong = await ask(`${at}${path.replace("nowhere", "telegrams")}`, { method: "DELETE" });
      expect([wrong.status, wrong.headers.get("allow")]).toEqual([405, "POST, GET, HEAD"]);
    }
  });

  it("leaves what leads to no lens to the one at the root", async () => {
    const response = await server.call("/nowhere");
    expect(response.headers.get("content-type")).toContain("application/problem+json");
  });

  it("has a document of its routes, with the prefix that it was asked for under", async () => {
    const document = z.object({
      openapi: z.string(),
      servers: z.array(z.object({ url: z.string() })),
      paths: z.record(z.string(), z.unknown()),
      components: z.object({ schemas: z.record(z.string(), z.unknown()) }),
    });
    const { body } = await ask(`${server.url}/telex/offices/7/openapi.json`);
    const { openapi, servers, paths, components } = document.parse(body);
    expect([openapi, servers]).toEqual(["3.0.3", [{ url: "/telex/offices/7" }]]);
    expect(Object.keys(paths)).toEqual([
      "/telegrams",
      "/telegrams/{id}",
      "/photographs/{id}:count",
      "/parcels",
      "/openapi.json",
    ]);
    expect(Object.keys(components.schemas)).toEqual(["Stop", "Telegram"]);
    expect(JSON.stringify(paths)).toContain('"image/png":{"schema":{"type":"string","format":"binary"}}');
    expect(JSON.stringify(paths)).toContain(
      '"parcel":{"type":"string","format":"binary","description":"What is in it."}',
    );
  });
});
