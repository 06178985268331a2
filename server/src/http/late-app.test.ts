import { once } from "node:events";
import { get, type IncomingMessage, type ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import fastify, { type FastifyInstance } from "fastify";
import { afterAll, expect, it } from "vitest";
import type { ErrorCode, Refusal } from "../task/errors.ts";
import { Connections } from "./connections/connections.ts";
import { type Listener, listen } from "./connections/listener.ts";
import { LateApp, type Served, servedBelow } from "./late-app.ts";

const connections = new Connections({ max: 100, requestsOfOne: 16, ofKey: null, ofAddress: null });
const listeners: Listener[] = [];
afterAll(() => Promise.all(listeners.map(({ close }) => close(0))));

const STATUS: Partial<Record<ErrorCode, number>> = { rate_limited: 429, unavailable: 503 };

function lateApp(
  make: () => Promise<FastifyInstance>,
  parts: Partial<ConstructorParameters<typeof LateApp>[1]> = {},
): LateApp {
  const refuse = (_: IncomingMessage, response: ServerResponse, { code, detail }: Refusal) =>
    void response.writeHead(STATUS[code] ?? 500, { "retry-after": String(detail.retryAfterS) }).end();
  const unheard = { drop: () => {} };
  return new LateApp(make, { log: { error: () => {} }, connections, unheard, refuse, ...parts });
}

async function portOf(served: Served, heard = (_request: IncomingMessage, _response: ServerResponse) => {}) {
  const routing = (request: IncomingMessage, response: ServerResponse) => {
    served.routing(request, response);
    heard(request, response);
  };
  const app = { routing, ready: () => served.ready(), close: () => served.close() };
  const listener = await listen(app, { hosts: ["127.0.0.1"], port: 0, headMsMax: 20_000, connections });
  listeners.push(listener);
  return listener.port;
}

function saying(word: string): FastifyInstance {
  const app = fastify({ exposeHeadRoutes: false });
  app.all("/*", (request, reply) => reply.send(`${word} ${request.url}`));
  return app;
}

/** The path is sent as it is written. */
function told(port: number, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ port, host: "127.0.0.1", path, agent: false }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (piece: string) => {
        text += piece;
      });
      answer.on("end", () => resolve(answer.statusCode === 200 ? text : String(answer.statusCode)));
    }).on("error", reject);
  });
}

it("an app is made once, for the first who come, and all of them are answered", async () => {
  let times = 0;
  let heard = 0;
  const all = Promise.withResolvers<void>();
  const app = lateApp(async () => {
    times += 1;
    await all.promise;
    return saying("late");
  });
  const port = await portOf(app, () => {
    heard += 1;
    if (heard === 3) all.resolve();
  });
  expect(times).toBe(0);
  expect(await Promise.all(["/a", "/b", "/c"].map((path) => told(port, path)))).toEqual([
    "late /a",
    "late /b",
    "late /c",
  ]);
  expect([await told(port, "/d"), times]).toEqual(["late /d", 1]);
});

it("an app that is made ahead is made for nobody again", async () => {
  let times = 0;
  const app = lateApp(async () => {
    times += 1;
    return saying("late");
  });
  const port = await portOf(app);
  await Promise.all([app.load(), app.load()]);
  expect([times, await told(port, "/a"), times]).toEqual([1, "late /a", 1]);
});

it("who has left while it was made is handed to nobody, whose end would be waited for", async () => {
  const routed: (string | undefined)[] = [];
  const left = Promise.withResolvers<void>();
  const app = lateApp(async () => {
    await left.promise;
    const real = saying("late");
    real.addHook("onRequest", async ({ url }) => void routed.push(url));
    return real;
  });
  const gone: Promise<unknown>[] = [];
  const sockets: Socket[] = [];
  const port = await portOf(app, ({ url }, response) => {
    if (url !== "/leaves") return;
    gone.push(once(response, "close"));
    for (const socket of sockets) socket.destroy();
  });
  const leaving = connect(port, "127.0.0.1");
  leaving.write("GET /leaves HTTP/1.1\r\nhost: a\r\n\r\n");
  sockets.push(leaving);
  const stays = told(port, "/stays");
  await once(leaving, "close");
  await Promise.all(gone);
  left.resolve();
  expect(await stays).toBe("late /stays");
  expect(routed).toEqual(["/stays"]);
});

it("of one connection no more requests wait for an app than may be in work: one more is refused, and none behind it is read", async () => {
  const made = Promise.withResolvers<void>();
  const held: number[] = [];
  const app = lateApp(async () => {
    await made.promise;
    const real = saying("late");
    real.addHook("onRequest", async ({ raw }) => void held.push(connections.of(raw.socket)?.arriving ?? 0));
    return real;
  });
  let heard = 0;
  const port = await portOf(app, () => {
    heard += 1;
    if (heard === 17) made.resolve();
  });
  const socket = connect(port, "127.0.0.1");
  socket.write("GET /a HTTP/1.1\r\nhost: a\r\n\r\n".repeat(100));
  let answers = "";
  socket.setEncoding("utf8").on("data", (piece: string) => {
    answers += piece;
  });
  await once(socket, "close");
  const statuses = [...answers.matchAll(/HTTP\/1.1 (\d+)/g)].map(([, status]) => status);
  expect(statuses).toEqual([...Array(16).fill("200"), "429"]);
  expect([heard, held.length, held[0]]).toEqual([17, 16, 15]);
});

it("however many have waited for an app, they begin over several turns of the event loop", async () => {
  const made = Promise.withResolvers<void>();
  const turns = new Set<number>();
  let turn = 0;
  let isDone = false;
  const app = lateApp(async () => {
    await made.promise;
    const real = saying("late");
    real.addHook("onRequest", (_request, _reply, done) => {
      turns.add(turn);
      for (const from = performance.now(); performance.now() - from < 1; );
      done();
    });
    await real.ready();
    // It is there in a turn in which nobody has begun yet.
    await nextTurn();
    return real;
  });
  let heard = 0;
  const port = await portOf(app, () => {
    heard += 1;
    if (heard < 50) return;
    made.resolve();
    const next = () => {
      turn += 1;
      if (!isDone) setImmediate(next);
    };
    next();
  });
  await Promise.all(Array.from({ length: 50 }, () => told(port, "/a"))).finally(() => {
    isDone = true;
  });
  expect(turns.size).toBeGreaterThan(10);
});

it("an app that cannot be made is said in the log and refused, others go on, and after some time it is tried again", async () => {
  const errors: unknown[] = [];
  const fault = new Error("too many open files");
  let at = 0;
  let times = 0;
  const make = async () => {
    times += 1;
    if (times === 1) throw fault;
    return saying("late");
  };
  const log = { error: (...said: unknown[]) => void errors.push(...said) };
  const below = new Map([["/broken", lateApp(make, { log, elapsed: () => at })]]);
  const port = await portOf(servedBelow(saying("root"), below));
  expect(await told(port, "/broken/a")).toBe("503");
  expect(await told(port, "/whole")).toBe("root /whole");
  at = 9_999;
  expect([await told(port, "/broken/a"), times]).toEqual(["503", 1]);
  expect(errors).toEqual([{ err: fault }, expect.stringContaining("start the server anew")]);
  at = 10_000;
  expect([await told(port, "/broken/a"), times]).toEqual(["late /broken/a", 2]);
});

it("what still comes of a body whose app is not there is looked after until its end", async () => {
  const left: unknown[] = [];
  const unheard = { drop: ({ url, complete }: IncomingMessage) => void left.push(url, complete) };
  const app = lateApp(() => Promise.reject(new Error("too many open files")), { unheard });
  const socket = connect(await portOf(app), "127.0.0.1");
  socket.write("POST /a HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000\r\n\r\n{");
  const [answer] = await once(socket.setEncoding("utf8"), "data");
  expect(answer).toMatch(/^HTTP.1.1 503 /);
  await expect.poll(() => left).toEqual(["/a", false]);
  socket.destroy();
});

it("what is asked for is found where the router would find it", async () => {
  const below = new Map([["/below", lateApp(async () => saying("below"))]]);
  const port = await portOf(servedBelow(saying("root"), below));
  const wanted = Object.entries({
    "/below": "below",
    "/below/": "below",
    "/below/a/b?c=/d": "below",
    "/below?c": "below",
    "/b%65low/a": "below",
    "/below/%ZZ": "400",
    "http://some.where/below/a": "below",
    "HTTP://some.where/below/a": "below",
    "http://some.where?/below/a": "root",
    "/belows/a": "root",
    "/a/below/b": "root",
    "/?/below/a": "root",
    "/below%2Fa": "root",
  });
  const found = await Promise.all(wanted.map(([path]) => told(port, path)));
  expect(found.map((text, at) => [wanted[at]?.[0], text.split(" ", 1)[0]])).toEqual(wanted);
});
