/** How connections to providers are made, kept and let go, over real sockets. */

import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createListener } from "node:net";
import { PassThrough } from "node:stream";
import { promisify } from "node:util";
import { constants, createGzip } from "node:zlib";
import { afterEach, describe, expect, it, vi } from "vitest";
import { askedProviders, events, GATEWAY } from "../../../test/providers/asked.ts";
import { createModels } from "../models.ts";
import * as timers from "../timer.ts";
import { END_MS } from "./connection-end.ts";
import { providerFetch } from "./provider-fetch.ts";

const provider = askedProviders();
const { answered } = provider;

const said = (delta: unknown, finish_reason: unknown = null) => ({ choices: [{ index: 0, delta, finish_reason }] });
const usage = { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 };
const asked = { method: "POST", body: "{}" };
const portOf = (listener: { address(): AddressInfo | string | null }) => {
  const at = listener.address();
  return typeof at === "object" ? at?.port : null;
};

afterEach(() => void vi.restoreAllMocks());

describe("a connection to a provider", () => {
  it.each(["identity", "gzip"])("stays until the end of an answer that is complete before (%s)", async (coding) => {
    // On a busy machine the end of an answer may come later than it is waited for.
    vi.spyOn(timers, "afterMs").mockImplementation((ms, run) => setTimeout(run, ms === END_MS ? 60_000 : ms));
    const ends: (() => void)[] = [];
    let left = 0;
    const server = createServer((request, response) => {
      request.resume();
      response.writeHead(200, { "content-type": "text/event-stream", "content-encoding": coding });
      const body = coding === "gzip" ? createGzip({ flush: constants.Z_SYNC_FLUSH }) : new PassThrough();
      body.pipe(response);
      body.write(events(said({ content: "word" }), said({}, "stop"), { choices: [], usage }));
      ends.push(() => body.end(events("[DONE]")));
    });
    server.on("connection", (socket) => socket.on("close", () => left++));
    await once(server.listen(0, "127.0.0.1"), "listening");
    const baseUrl = `http://127.0.0.1:${portOf(server)}/v1`;
    const models = createModels({ providers: { gateway: { type: "openai-compatible", baseUrl } } });
    for (let n = 0; n < 5; n++) {
      const { signal } = new AbortController();
      await models.call({ model: GATEWAY, prompt: [{ role: "user", text: "Hi" }], tools: [], signal });
      ends[n]?.();
    }
    expect(left).toBe(0);
    server.closeAllConnections();
    server.close();
  });

  it("is closed soon behind an answer whose end does not come", async () => {
    await answered(GATEWAY, events(said({ content: "word" }), said({}, "stop"), "[DONE]"), "pings");
    await provider.server.idle();
  });

  it("is of HTTP/1.1, as those of fetch are", async () => {
    const heard: Buffer[] = [];
    const listener = createListener((socket) => {
      socket.on("error", () => {});
      socket.once("data", (first) => {
        heard.push(first);
        socket.destroy();
      });
    }).listen(0, "127.0.0.1");
    await once(listener, "listening");
    const asking = providerFetch(1_000)(`https://127.0.0.1:${portOf(listener)}/v1/chat/completions`, asked);
    await expect(asking).rejects.toThrow();
    listener.close();
    const [hello = Buffer.alloc(0)] = heard;
    expect(hello.includes("\u0008http/1.1")).toBe(true);
    for (const both of ["\u0008http/1.1\u0002h2", "\u0002h2\u0008http/1.1"]) expect(hello.includes(both)).toBe(false);
  });

  it.each([{ NODE_USE_ENV_PROXY: "1" }, { NODE_OPTIONS: "--use-env-proxy" }])(
    "goes by the proxy of the environment where Node.js is told to: %o",
    async (told) => {
      const targets: unknown[] = [];
      const proxy = createServer((request, response) => {
        targets.push(request.url);
        response.end();
      });
      proxy.on("connect", ({ url }, socket) => {
        targets.push(url);
        socket.end();
      });
      await once(proxy.listen(0, "127.0.0.1"), "listening");
      const module = JSON.stringify(new URL("provider-fetch.ts", import.meta.url).href);
      const asks = `const { providerFetch } = await import(${module});
        await providerFetch(1_000)("http://provider.invalid/v1/chat/completions", ${JSON.stringify(asked)}).catch(() => {});`;
      const env = { HTTP_PROXY: `http://127.0.0.1:${portOf(proxy)}`, ...told };
      await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", asks], { env });
      proxy.close();
      expect(targets).toEqual([expect.stringContaining("provider.invalid")]);
    },
  );
});
