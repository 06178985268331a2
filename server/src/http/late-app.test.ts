import { once } from "node:events";
import { get, type IncomingMessage, type ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import fastify, { type FastifyInstance } from "fastify";
import { afterAll, expect, it } from "vitest";
import { Connections } from "./connections/connections.ts";
import { type Listener, listen } from "./connections/listener.ts";
import { LateApp, type Served, servedBelow } from "./late-app.ts";

const SILENT = { error: () => {} };
const listeners: Listener[] = [];
afterAll(() => Promise.all(listeners.map(({ close }) => close(0))));

async function portOf(served: Served, heard = (_request: IncomingMessage, _response: ServerResponse) => {}) {
  const routing = (request: IncomingMessage, response: ServerResponse) => {
    served.routing(request, response);
    heard(request, response);
  };
  const app = { routing, ready: () => served.ready(), close: () => served.close() };
  const connections = new Connections({ max: 100, requestsOfOne: 16, ofKey: null, ofAddress: null });
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
  const app = new LateApp(async () => {
    times += 1;
    await all.promise;
    return saying("late");
  }, SILENT);
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
  const app = new LateApp(async () => {
    times += 1;
    return saying("late");
  }, SILENT);
  const port = await portOf(app);
  await Promise.all([app.load(), app.load()]);
  expect([times, await told(port, "/a"), times]).toEqual([1, "late /a", 1]);
});

it("who has left while it was made is handed to nobody, whose end would be waited for", async () => {
  const routed: (string | undefined)[] = [];
  const left = Promise.withResolvers<void>();
  const app = new LateApp(async () => {
    await left.promise;
    const real = saying("late");
    real.addHook("onRequest", async ({ url }) => void routed.push(url));
    return real;
  }, SILENT);
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

it("an app that cannot be made is said in the log and answered with 500, and others go on", async () => {
  const errors: unknown[] = [];
  const fault = new Error("twice the same route");
  const below = new Map([
    ["/broken", new LateApp(() => Promise.reject(fault), { error: (said: unknown) => errors.push(said) })],
  ]);
  const served = servedBelow(saying("root"), below);
  const port = await portOf(served);
  expect(await told(port, "/broken/a")).toBe("500");
  expect(await told(port, "/whole")).toBe("root /whole");
  expect(errors).toEqual([{ err: fault }]);
});

it("what is asked for is found where the router would find it", async () => {
  const below = new Map([["/below", new LateApp(async () => saying("below"), SILENT)]]);
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
