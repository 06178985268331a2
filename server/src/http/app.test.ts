import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { Agent, get, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { PassThrough } from "node:stream";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Bodies } from "./body/body.ts";
import { Connections } from "./connections/connections.ts";
import { type Listener, listen } from "./connections/listener.ts";
import { createMetricsPage } from "./metrics.ts";
import { BODIES, connections, testApp } from "./test-app.suite.ts";

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const close of closing.splice(0)) await close();
});

const json = { "content-type": "application/json" };

describe("every request", () => {
  it("gets a request id, the client's own where that is sane", async () => {
    const { app } = testApp();
    const own = await app.inject({ url: "/health", headers: { "x-request-id": "abc-1" } });
    expect(own.headers["x-request-id"]).toBe("abc-1");
    const evil = await app.inject({ url: "/health", headers: { "x-request-id": "a b\u0001" } });
    expect(evil.headers["x-request-id"]).toMatch(/^[\w-]{8,}$/);
    const other = await app.inject({ url: "/health" });
    expect(other.headers["x-request-id"]).not.toBe(evil.headers["x-request-id"]);
    expect(other.headers["x-content-type-options"]).toBe("nosniff");
  });

  it("is refused before the server serves and while it stops", async () => {
    const { app, traffic } = testApp();
    for (const stage of ["starting", "stopping"] as const) {
      traffic.stage = stage;
      const refused = await app.inject({ url: "/health" });
      expect(refused.payload).toContain(`The server is ${stage}`);
      expect(refused.headers["retry-after"]).toBe("1");
    }
  });

  it("is refused when too many are in work", async () => {
    const { app, traffic } = testApp();
    traffic.inFlight = 100;
    expect((await app.inject({ url: "/who" })).payload).toContain("Too many requests");
    traffic.inFlight = 0;
    expect((await app.inject({ url: "/who" })).statusCode).toBe(200);
  });

  it("of health and metrics is answered however many are in work", async () => {
    const { app, traffic } = testApp();
    app.get("/metrics", () => "none");
    traffic.inFlight = 100;
    for (const url of ["/health", "/metrics"]) expect((await app.inject({ url })).statusCode).toBe(200);
  });

  it("counts down when it has ended", async () => {
    const { app, traffic } = testApp();
    await app.inject({ url: "/health" });
    await app.inject({ url: "/nowhere" });
    expect(traffic.inFlight).toBe(0);
  });

  it("is refused when its URL is too long", async () => {
    const { app } = testApp();
    expect((await app.inject({ url: `/health?${"a".repeat(9_000)}` })).payload).toContain("longer than 8192");
  });

  it("is refused with a problem when its path is not UTF-8, unless it reads", async () => {
    const { app } = testApp();
    app.get("/things/:id", ({ params }) => params);
    const ids = ["%ff%fe", "a%00b", "100%", "%zz", "%2F%C3", "%c3%a4%ed%a0%80", "%E2%98%82"];
    const read = ids.map(async (id) => (await app.inject({ url: `/things/${id}?a=%41` })).json().id);
    expect(await Promise.all(read)).toEqual([
      "\ufffd\ufffd",
      "a\ufffdb",
      "100%",
      "%zz",
      "/\ufffd",
      "ä\ufffd\ufffd\ufffd",
      "☂",
    ]);
    const { statusCode, headers, payload } = await app.inject({ method: "POST", url: "/things/%ff%fe" });
    expect([statusCode, headers["content-type"]]).toEqual([400, "application/problem+json; charset=utf-8"]);
    expect(JSON.parse(payload)).toMatchObject({ code: "invalid", status: 400 });
  });

  it("is asked for under a local name where only those are answered", async () => {
    const { app } = testApp({ hosts: new Set(["tasks.example.com"]) });
    const status = async (host: string) => (await app.inject({ url: "/health", headers: { host } })).statusCode;
    for (const host of [
      "localhost:7420",
      "LOCALHOST",
      "127.0.0.1:1",
      "[::1]:7420",
      "a.localhost",
      "tasks.example.com",
    ]) {
      expect([host, await status(host)]).toEqual([host, 200]);
    }
    for (const host of ["evil.example.com", "127.0.0.1.evil.example", "localhost.evil.example", "10.0.0.1", "[::2]"]) {
      expect([host, await status(host)]).toEqual([host, 400]);
    }
  });

  it("is of the client that as many proxies as are trusted say", async () => {
    const from = async (trustProxy: number) =>
      (
        await testApp({ trustProxy }).app.inject({ url: "/who", headers: { "x-forwarded-for": "6.6.6.6, 5.5.5.5" } })
      ).json().ip;
    expect(await from(0)).toBe("127.0.0.1");
    expect(await from(1)).toBe("5.5.5.5");
    expect(await from(2)).toBe("6.6.6.6");
  });

  it("is measured by its route, never by its path", async () => {
    const { app, durations } = testApp();
    await app.inject({ method: "POST", url: "/things/1" });
    await app.inject({ method: "POST", url: "/things/2" });
    await app.inject({ url: '/nowhere"}/3' });
    const page = createMetricsPage({ histograms: [durations], gauges: [], counters: [] });
    const { text } = await page();
    expect(text).toContain('requests_count{route="/things/:id",method="POST",status="200"} 2');
    expect(text).toContain('requests_count{route="(none)",method="GET",status="404"} 1');
    expect(text).not.toContain("nowhere");
  });
});

describe("the log", () => {
  it("has a line for what acts on a thing and for what fails, with the trace that it is part of; none for reads", async () => {
    const { app, lines } = testApp();
    const trace = "0af7651916cd43dd8448eb211c80319c";
    await app.inject({ url: "/health" });
    await app.inject({ method: "POST", url: "/echo", headers: json, payload: "{}" });
    expect(lines).toEqual([]);
    await app.inject({
      method: "POST",
      url: "/things/7?token=secret",
      headers: { traceparent: `00-${trace}-b7ad6b7169203331-01` },
    });
    expect(lines).toMatchObject([{ msg: "steered", method: "POST", path: "/things/7", status: 200, trace }]);
    expect(JSON.stringify(lines)).not.toContain("secret");
    await app.inject({ url: "/bug" });
    expect(lines.slice(1)).toMatchObject([
      { msg: "unexpected error", err: { message: "a bug" } },
      { msg: "request failed", status: 500 },
    ]);
  });
});

describe("a JSON body", () => {
  const echo = (payload: string | Buffer, headers: Record<string, string> = json) =>
    testApp().app.inject({ method: "POST", url: "/echo", headers, payload });

  it("is parsed, with a byte order mark and under other JSON types too", async () => {
    expect((await echo('{"a":[1]}')).json()).toEqual({ body: { a: [1] } });
    expect((await echo('\ufeff{"a":1}')).json()).toEqual({ body: { a: 1 } });
    expect((await echo("{}", { "content-type": "application/merge-patch+json; charset=utf-8" })).json()).toEqual({
      body: {},
    });
    expect((await echo("")).json()).toEqual({ body: null });
  });

  const refused: [string, string | Buffer, string][] = [
    ["does not parse", '{"a":', "not valid JSON"],
    ["is not UTF-8", Buffer.from([0x22, 0xff, 0xfe, 0x22]), "not valid UTF-8."],
    ["is compressed", gzipSync("{}"), "not valid UTF-8: it is compressed, which is not taken here."],
    ["names __proto__", '{"__proto__":{"admin":true}}', "__proto__"],
    ["names __proto__ in escapes", '{"\\u005f\\u005fproto\\u005f\\u005f":{}}', "__proto__"],
    ["is too long", JSON.stringify("x".repeat(1_000)), "longer than 1000 bytes"],
  ];
  it.each(refused)("is refused when it %s", async (_what, payload, says) => {
    const { statusCode, payload: answer } = await echo(payload);
    expect(statusCode).toBe(400);
    expect(answer).toContain(says);
  });

  it("may be 10,000 levels deep without harm", async () => {
    const { app } = testApp({ bodies: { bytesMax: 100_000 } });
    app.post("/deep", (request, reply) => reply.send({ is: typeof request.body }));
    const payload = `${"[".repeat(10_000)}${"]".repeat(10_000)}`;
    expect((await app.inject({ method: "POST", url: "/deep", headers: json, payload })).json()).toEqual({
      is: "object",
    });
  });

  it("whose caller has left before it is read is given up at once", async () => {
    const bodies = new Bodies({ ...BODIES, take: () => {} });
    const given = Promise.withResolvers<unknown>();
    const { app } = testApp();
    app.addHook("onRequest", async (request) => {
      await new Promise((resolve) => request.raw.once("error", () => {}).once("close", resolve));
      bodies.read(request, request.raw).catch(given.resolve);
    });
    const { port } = await bound(app);
    const socket = connect({ port, host: "127.0.0.1" });
    socket.write("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 7\r\n\r\n{");
    await once(socket, "connect");
    socket.end();
    expect(String(await given.promise)).toContain("The body ended before its end.");
  });

  it("that is large is parsed in another thread, and refused in the same words", async () => {
    const { app } = testApp({ bodies: {} });
    const large = (payload: string) => app.inject({ method: "POST", url: "/echo", headers: json, payload });
    const value = { text: 'é"\\'.repeat(100_000), list: [1, { two: null }] };
    expect((await large(JSON.stringify(value))).json()).toEqual({ body: value });
    const text = "x".repeat(300_000);
    expect((await large(`{"a":"${text}"`)).payload).toContain("not valid JSON");
    expect((await large(`{"__proto__":"${text}"}`)).payload).toContain("__proto__");
    expect((await large(`${"[".repeat(50_000)}"${text}"${"]".repeat(50_000)}`)).payload).toContain("deeper than 1000");
    expect((await large(JSON.stringify(value))).statusCode).toBe(200);
  });

  it("has a bound of its values, whatever its bytes", async () => {
    const { app } = testApp({ bodies: {} });
    const list = (count: number) =>
      app.inject({ method: "POST", url: "/echo", headers: json, payload: `[${"1,".repeat(count - 1)}1]` });
    expect((await list(99_000)).statusCode).toBe(200);
    expect((await list(101_000)).payload).toContain("more than 100000 values");
    expect((await list(1_900_000)).payload).toContain("more than 100000 values");
  });

  it("has a bound of the keys of its objects, whatever stands in its texts", async () => {
    const { app } = testApp({ bodies: {} });
    const send = (payload: object) => app.inject({ method: "POST", url: "/echo", headers: json, payload });
    const keys = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`k:${n}`, ":{,"]));
    expect((await send([keys(9_000), keys(1_000)])).statusCode).toBe(200);
    expect((await send([keys(6_000), keys(6_000)])).payload).toContain("more than 10000 different keys");
    expect((await send([{ deep: [keys(10_001)] }])).payload).toContain("An object of the body has more than 10000");
  });

  it("is refused when it comes too slowly", async () => {
    const { app } = testApp();
    await app.ready();
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
    const payload = new PassThrough();
    // It is sent once somebody waits for it.
    const answer = Promise.resolve(app.inject({ method: "POST", url: "/echo", headers: json, payload }));
    payload.write("[1");
    await expect.poll(() => vi.getTimerCount()).toBeGreaterThan(0);
    vi.advanceTimersByTime(310_000);
    vi.useRealTimers();
    payload.end("]");
    expect((await answer).payload).toContain("slower than 500 bytes a second");
  });

  it("counts for its sender and for all until its request is answered", async () => {
    const { app } = testApp({ bodies: {} });
    const hold = Promise.withResolvers<void>();
    let inside = 0;
    app.post("/hold", async () => {
      inside += 1;
      await hold.promise;
      return {};
    });
    const text = JSON.stringify("x".repeat(3 << 20));
    const send = (remoteAddress: string) =>
      app.inject({ method: "POST", url: "/hold", headers: json, payload: text, remoteAddress });
    const held = [send("10.0.0.1"), send("10.0.0.1"), send("10.0.0.2"), send("10.0.0.2")];
    await expect.poll(() => inside).toBe(4);
    expect((await send("10.0.0.1")).payload).toContain("Too many large requests");
    held.push(send("10.0.0.3"));
    await expect.poll(() => inside).toBe(5);
    expect((await send("10.0.0.4")).payload).toContain("Too many large requests");
    hold.resolve();
    for (const answer of await Promise.all(held)) expect(answer.statusCode).toBe(200);
    expect((await send("10.0.0.1")).statusCode).toBe(200);
  });

  it("of another type is not read", async () => {
    expect((await echo("a=1", { "content-type": "application/x-www-form-urlencoded" })).statusCode).toBe(400);
  });

  it("of 100 MB is answered before it has all been sent, and not kept", async () => {
    const { app } = testApp();
    const { port } = await bound(app);
    const socket = connect({ port, host: "127.0.0.1" });
    const chunk = Buffer.alloc(64 * 1024, 0x20);
    let sent = 0;
    const answer = await new Promise<string>((resolve, reject) => {
      socket.on("error", reject);
      socket.on("data", (data) => resolve(data.toString()));
      socket.write(
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
      );
      const more = () => {
        if (sent >= 100 * 1024 * 1024 || socket.destroyed) return;
        sent += chunk.length;
        socket.write(`${chunk.length.toString(16)}\r\n`);
        socket.write(chunk);
        socket.write("\r\n", () => setImmediate(more));
      };
      more();
    });
    expect(answer).toMatch(/^HTTP\/1\.1 400/);
    expect(answer).toContain("longer than 1000 bytes");
    expect(sent).toBeLessThan(10 * 1024 * 1024);
    socket.destroy();
  });
});

async function bound(app: ReturnType<typeof testApp>["app"], all = connections): Promise<Listener> {
  const listener = await listen(app, { hosts: null, port: 0, headMsMax: 20_000, connections: all });
  closing.push(() => listener.close(0));
  return listener;
}

describe("a listener", () => {
  it("answers on both loopback addresses, or on the one that the machine has", async () => {
    const { port, addresses } = await bound(testApp().app);
    expect(addresses[0]).toBe("127.0.0.1");
    for (const address of addresses) expect((await fetch(`http://${address}:${port}/health`)).status).toBe(200);
  });

  it("tells of a bug, and not of callers who hang up in the middle", async () => {
    const { app, lines, traffic } = testApp();
    const { port } = await bound(app);
    const head =
      "POST /echo HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n";
    for (const leave of ["resetAndDestroy", "destroy"] as const) {
      const socket = connect(port, "127.0.0.1").on("error", () => {});
      socket.write(`${head}{"half":`);
      await expect.poll(() => traffic.inFlight).toBe(1);
      socket[leave]();
      await expect.poll(() => traffic.inFlight).toBe(0);
    }
    await fetch(`http://127.0.0.1:${port}/bug`);
    const errors = lines.filter(({ level }) => Number(level) >= 50);
    expect(errors.map(({ err, msg }) => [msg, Object(err).message])).toEqual([
      ["unexpected error", "a bug"],
      ["request failed", undefined],
    ]);
  });

  it("refuses a port that is taken, by a sentence", async () => {
    const { port } = await bound(testApp().app);
    const second = listen(testApp().app, {
      hosts: null,
      port,
      headMsMax: 20_000,
      connections,
    });
    await expect(second).rejects.toThrow(`port ${port} on 127.0.0.1 is taken by another program`);
  });

  it("answers what is not HTTP, and heads without end, with a problem", async () => {
    const { port } = await bound(testApp().app);
    const say = (text: string) =>
      new Promise<string>((resolve, reject) => {
        const socket = connect({ port, host: "127.0.0.1" });
        let heard = "";
        socket.on("data", (data) => {
          heard += data.toString();
        });
        socket.on("error", reject);
        socket.on("close", () => resolve(heard));
        socket.write(text);
      });
    expect(await say("hello\r\n\r\n")).toMatch(
      /^HTTP\/1\.1 400 [\s\S]*application\/problem\+json[\s\S]*"code":"invalid"/,
    );
    expect(await say(`GET / HTTP/1.1\r\nHost: localhost\r\nX-A: ${"a".repeat(20_000)}\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 431 /,
    );
  });

  it("has at most 16 requests of one connection in work, answers those that came before, and reads none of the rest", async () => {
    const { app } = testApp();
    let heads = 0;
    const count = () => {
      heads += 1;
    };
    subscribe("http.server.request.start", count);
    const hold = Promise.withResolvers<string>();
    let inside = 0;
    app.get("/hold", () => {
      inside += 1;
      return hold.promise;
    });
    const { port } = await bound(app);
    const socket = connect({ port, host: "127.0.0.1" });
    let heard = "";
    socket.on("data", (data) => {
      heard += data.toString();
    });
    const ended = once(socket, "close");
    socket.write("GET /hold HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(100));
    await expect.poll(() => inside).toBe(16);
    hold.resolve("held");
    await ended;
    expect(heard.match(/HTTP\/1\.1 200 /g)).toHaveLength(16);
    unsubscribe("http.server.request.start", count);
    expect(heard).toContain("At most 16 requests of one connection");
    expect([inside, heads]).toEqual([16, 17]);
  });

  it("has as many requests of one connection in work as it is told", async () => {
    const few = new Connections({ max: 100, requestsOfOne: 2, ofKey: null, ofAddress: null });
    const { app } = testApp({ connections: few });
    const { port } = await bound(app, few);
    const socket = connect({ port, host: "127.0.0.1" });
    let heard = "";
    socket.on("data", (data) => {
      heard += data.toString();
    });
    const ended = once(socket, "close");
    socket.write("GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(10));
    await ended;
    expect(heard).toContain("At most 2 requests of one connection");
  });

  it("closes a connection whose body goes on after its answer", async () => {
    const { app } = testApp();
    const { port } = await bound(app);
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
    const socket = connect({ port, host: "127.0.0.1" });
    const ended = once(socket, "close");
    socket.write("POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nx");
    await once(socket, "data");
    await expect.poll(() => vi.getTimerCount()).toBeGreaterThan(0);
    vi.advanceTimersByTime(20_000);
    await ended;
  });

  it("lets an answer that is on its way out before it closes", async () => {
    const { app } = testApp();
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<string>();
    app.get("/slow", async () => {
      asked.resolve();
      return answer.promise;
    });
    const listener = await listen(app, { hosts: null, port: 0, headMsMax: 20_000, connections });
    // Its client keeps the connection as long as the server does, which is a minute and more.
    const agent = new Agent({ keepAlive: true });
    const answered = new Promise<IncomingMessage>((resolve) => {
      get({ port: listener.port, path: "/slow", agent }, resolve);
    });
    await asked.promise;
    const closed = listener.close(3_600_000);
    answer.resolve("done");
    expect(Buffer.concat(await (await answered).toArray()).toString()).toBe("done");
    const from = performance.now();
    await closed;
    expect(performance.now() - from).toBeLessThan(60_000);
    agent.destroy();
    await expect(fetch(`http://127.0.0.1:${listener.port}/health`)).rejects.toThrow();
  });
});
