import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { Readable } from "node:stream";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { GuardedClient } from "./guarded-client.ts";
import { guardedFetch } from "./guarded-fetch.ts";
import { allowedPlace, Reach } from "./reach.ts";

let server: Server;
let port = 0;
const heard: { method: string; url: string; headers: IncomingMessage["headers"]; body: string }[] = [];
/** Where each path leads; others answer what they were asked. */
const leads = new Map<string, [status: number, location: string]>();
beforeAll(async () => {
  server = createServer(async (request, response) => {
    const body = (await request.toArray()).join("");
    heard.push({ method: request.method ?? "", url: request.url ?? "", headers: request.headers, body });
    if (request.url === "/endless") {
      response.writeHead(200, { "content-type": "text/event-stream" });
      Readable.from(endless())
        .on("error", () => {})
        .pipe(response);
      response.on("close", () => response.destroy());
      return;
    }
    const [status = 200, location = ""] = leads.get(request.url ?? "") ?? [];
    response.writeHead(status, location === "" ? {} : { location }).end("Hello");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  port = typeof address === "object" && address !== null ? address.port : 0;
  client = new GuardedClient(new Reach({ allow: [allowedPlace(`127.0.0.1:${port}`) ?? never()], ports: "any" }));
});
let client: GuardedClient;
afterAll(async () => {
  await client.close();
  server.close();
  server.closeAllConnections();
});
beforeEach(() => {
  heard.length = 0;
  leads.clear();
});

function* endless(): Generator<string> {
  for (;;) yield `data: ${"x".repeat(100)}\n\n`;
}

function never(): never {
  throw new Error("no place");
}

const url = (path: string) => `http://127.0.0.1:${port}${path}`;
const fetch = (refusal?: (url: URL) => string | null) =>
  guardedFetch(client, { bytesMax: 1_000, redirectsMax: 3, refusal });

describe("a fetch for tools", () => {
  it("sends what the global one sends, whatever the body is made of", async () => {
    const form = new FormData();
    form.set("name", "Ada");
    const bodies: [RequestInit["body"], RegExp, RegExp][] = [
      ["text", /^text$/, /^text\/plain/],
      [new TextEncoder().encode("bytes"), /^bytes$/, /^$/],
      [new URLSearchParams({ a: "b c" }), /^a=b\+c$/, /^application\/x-www-form-urlencoded/],
      [form, /name="name"\r\n\r\nAda/, /^multipart\/form-data; boundary=/],
    ];
    for (const method of ["POST", "PUT", "PATCH"])
      for (const [body, text, type] of bodies) {
        const answer = await fetch()(new Request(url("/"), { method, body: body ?? null }));
        expect([answer.status, answer.url, await answer.text()]).toEqual([200, url("/"), "Hello"]);
        const [said] = heard.splice(0);
        expect(said?.method).toBe(method);
        expect(said?.body).toMatch(text);
        expect(said?.headers["content-type"] ?? "").toMatch(type);
      }
    expect((await fetch()(url("/"), { method: "HEAD" })).status).toBe(200);
    await expect(fetch()(url("/"), { method: "OPTIONS" })).rejects.toThrow("is not sent");
  });

  it("names no other host than the one that it goes to, whatever its headers say", async () => {
    await fetch()(url("/"), { headers: { host: "inside.example", "transfer-encoding": "chunked", "x-own": "1" } });
    expect(heard[0]?.headers).toMatchObject({ host: `127.0.0.1:${port}`, "x-own": "1" });
    expect(heard[0]?.headers["transfer-encoding"]).toBeUndefined();
  });

  it("asks of each redirect whether it may be followed, and keeps an origin's credentials from others", async () => {
    leads.set("/a", [302, "/b"]);
    leads.set("/b", [307, url("/c")]);
    const asked: string[] = [];
    const answer = await fetch(({ pathname }) => {
      asked.push(pathname);
      return pathname === "/d" ? "No." : null;
    })(url("/a"), { method: "POST", body: "x", headers: { authorization: "Bearer s" } });
    expect([answer.status, asked]).toEqual([200, ["/a", "/b", "/c"]]);
    expect(heard.map(({ method, body }) => [method, body])).toEqual([
      ["POST", "x"],
      ["GET", ""],
      ["GET", ""],
    ]);
    leads.set("/b", [308, "/d"]);
    await expect(fetch(({ pathname }) => (pathname === "/d" ? "No." : null))(url("/a"))).rejects.toThrow("No.");
    leads.set("/a", [302, `http://localhost:${port}/b`]);
    await expect(fetch()(url("/a"))).rejects.toThrow("is not an address of the internet");
    leads.set("/a", [302, "/a"]);
    await expect(fetch()(url("/a"))).rejects.toThrow("more than 3 times");
    await expect(fetch()(url("/a"), { redirect: "error" })).rejects.toThrow("a redirect");
    expect((await fetch()(url("/a"), { redirect: "manual" })).status).toBe(302);
  });

  it("takes no more of an event stream than of any answer, unless its reader takes it event by event", async () => {
    await expect((await fetch()(url("/endless"))).text()).rejects.toThrow("over 1000 bytes");
    const answer = await guardedFetch(client, { bytesMax: 1_000, longStreams: true })(url("/endless"));
    let bytes = 0;
    for await (const chunk of answer.body ?? []) {
      bytes += chunk.byteLength;
      if (bytes > 100_000) break;
    }
    expect(bytes).toBeGreaterThan(100_000);
  });

  it("ends with its signal", async () => {
    await expect(fetch()(url("/"), { signal: AbortSignal.abort(new Error("Stopped.")) })).rejects.toThrow("Stopped.");
  });
});
