/**
 * A local HTTP server that speaks the streaming protocols of OpenAI (Responses and chat completions, which Ollama and
 * compatible servers share) and Anthropic, and does with each request what its script says. For tests over a real socket.
 */

import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setImmediate as setImmediatePromise } from "node:timers/promises";
import { z } from "zod";
import { awaited } from "../awaited.ts";
import type { Behaviour } from "./behaviour.ts";
import { countsOf, type Protocol, protocolOf } from "./wire.ts";

export type { Behaviour, Counts, ScriptedCall } from "./behaviour.ts";

export type ProviderRequest = {
  protocol: Protocol["name"];
  path: string;
  headers: IncomingMessage["headers"];
  /** Of the client's end of its connection. */
  port: number | undefined;
  /** The parsed body. */
  body: Record<string, unknown>;
};

export type ProviderServer = {
  /** The root, without `/v1`: Ollama's base URL. The others' is this and `/v1`. */
  url: string;
  /** Queues what the next requests get, one each; a function decides by the request. Beyond the queue the answer is "Hello." */
  script(...next: (Behaviour | ((request: ProviderRequest) => Behaviour))[]): void;
  /** The requests so far, oldest first. */
  requests: readonly ProviderRequest[];
  /** Resolves once that many requests have come in. */
  received(count: number): Promise<void>;
  /** Resolves once no request is open: the client has its answer or has hung up. */
  idle(): Promise<void>;
  close(): Promise<void>;
};

const bodyBytesMax = 64 * 1024 * 1024;
const requestBody = z.looseObject({ model: z.string(), stream: z.literal(true), top_logprobs: z.int().optional() });

/** Starts the server on a free port of loopback. */
export async function startProviderServer(): Promise<ProviderServer> {
  const script: (Behaviour | ((request: ProviderRequest) => Behaviour))[] = [];
  const requests: ProviderRequest[] = [];
  const waiting = new Set<() => void>();
  let open = 0;

  const server = createServer((incoming, response) => {
    open += 1;
    response.on("close", () => {
      open -= 1;
      notify();
    });
    void receive(incoming, response);
  });

  async function receive(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(incoming.url ?? "/", "http://localhost").pathname;
    const protocol = protocolOf(path);
    const body = requestBody.safeParse(await readJson(incoming));
    if (protocol === undefined || incoming.method !== "POST" || !body.success) {
      const status = protocol === undefined ? 404 : 400;
      response.writeHead(status, { "content-type": "application/json" });
      response.end(
        JSON.stringify({
          error: { message: "this server streams POSTed requests only", type: "invalid_request_error" },
        }),
      );
      return;
    }
    const { headers, socket } = incoming;
    const asked = { protocol: protocol.name, path, headers, port: socket.remotePort };
    const request: ProviderRequest = { ...asked, body: body.data };
    requests.push(request);
    notify();
    const next = script.shift() ?? { kind: "answer", text: "Hello." };
    await behave(typeof next === "function" ? next(request) : next, protocol, body.data, response);
  }

  function notify(): void {
    for (const check of waiting) check();
  }

  function until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (!holds()) return;
        waiting.delete(check);
        resolve();
      };
      waiting.add(check);
      check();
    });
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");

  return {
    url: `http://127.0.0.1:${address.port}`,
    script: (...next) => void script.push(...next),
    requests,
    received: (count) =>
      awaited(
        `request ${count} of the provider`,
        until(() => requests.length >= count),
      ),
    idle: () =>
      awaited(
        "the end of all requests of the provider",
        until(() => open === 0),
      ),
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)));
        server.closeAllConnections();
      }),
  };
}

async function readJson(incoming: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming) {
    const buffer = Buffer.from(chunk);
    bytes += buffer.byteLength;
    if (bytes > bodyBytesMax) return undefined;
    chunks.push(buffer);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    return undefined;
  }
}

function sendText({ text, type, then }: Extract<Behaviour, { kind: "text" }>, response: ServerResponse): void {
  response.writeHead(200, { "content-type": type ?? "text/event-stream" });
  response.write(text, () => {
    if (then === undefined) response.end();
    if (then === "break") response.destroy();
    if (then === "pings") ping(response);
  });
}

const PING_MS = 50;

function ping(response: ServerResponse): void {
  if (!response.destroyed) response.write(": ping\n\n", () => setTimeout(ping, PING_MS, response));
}

async function sendPackets(
  { chunks, encoding }: Extract<Behaviour, { kind: "bytes" }>,
  response: ServerResponse,
): Promise<void> {
  response.writeHead(200, {
    "content-type": "text/event-stream",
    ...(encoding !== undefined && { "content-encoding": encoding }),
  });
  response.socket?.setNoDelay(true);
  for (const chunk of chunks) await new Promise<void>((resolve) => response.write(chunk, () => resolve()));
  response.end();
}

async function behave(
  behaviour: Behaviour,
  protocol: Protocol,
  { model, top_logprobs: alternatives }: z.infer<typeof requestBody>,
  response: ServerResponse,
): Promise<void> {
  if (behaviour.kind === "silence") return;
  if (behaviour.kind === "status") {
    response.writeHead(behaviour.status, { "content-type": "application/json", ...behaviour.headers });
    response.end(
      behaviour.body ?? protocol.errorBody(behaviour.status, behaviour.message ?? `scripted ${behaviour.status}`),
    );
    return;
  }
  if (behaviour.kind === "not_a_stream") {
    response.writeHead(200, { "content-type": "text/html" });
    response.end("<!doctype html><title>Sign in</title><p>This network wants you to sign in.</p>");
    return;
  }
  if (behaviour.kind === "text") return sendText(behaviour, response);
  if (behaviour.kind === "bytes") return sendPackets(behaviour, response);
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store" });
  const counts = countsOf("usage" in behaviour ? behaviour.usage : undefined);
  const send = (events: readonly string[]) => response.write(events.join(""));
  const say = (text: string) => {
    const pieces = "pieces" in behaviour ? behaviour.pieces : undefined;
    for (const piece of pieces ?? text.match(/\s*\S+/g) ?? []) send(protocol.text(piece, alternatives));
  };
  send(protocol.opening(model, counts));
  switch (behaviour.kind) {
    case "answer":
    case "length":
      say(behaviour.text);
      send(protocol.closing(behaviour.kind === "length" ? "length" : "stop", model, counts, behaviour.text, true));
      response.end();
      return;
    case "tool_calls":
      say(behaviour.text ?? "");
      send(protocol.calls(behaviour.calls, true));
      send(protocol.closing("tool_calls", model, counts, behaviour.text ?? "", false));
      response.end();
      return;
    case "cut":
      say(behaviour.text);
      // Dropped only once it is on its way, so that the client surely had the beginning.
      response.write("", () => response.destroy());
      return;
    case "end_early":
      say(behaviour.text);
      response.end();
      return;
    case "malformed":
      say(behaviour.text);
      response.end('data: {"choices": [{"delta": {"content": "half of\n\n');
      return;
    case "stream_error":
      say(behaviour.text);
      send(protocol.streamError(behaviour.code, behaviour.message));
      response.end();
      return;
    case "stall":
      say(behaviour.text);
      return;
    case "endless":
    case "endless_line": {
      const piece = behaviour.kind === "endless" ? protocol.text(behaviour.text).join("") : "x".repeat(64 * 1024);
      if (behaviour.kind === "endless_line") response.write("data: ");
      // A client that reads slowly is written to slowly; one that hung up ends the loop.
      while (!response.destroyed) {
        const drained = response.write(piece)
          ? setImmediatePromise()
          : once(response, "drain", { signal: gone.signal });
        await drained.catch(() => {});
      }
    }
  }
}

/** One provider of each wire that this server speaks, for the configuration of models. */
export function providersAt({ url }: Pick<ProviderServer, "url">) {
  return {
    openai: { type: "openai", apiKey: "sk-one", baseUrl: `${url}/v1` },
    anthropic: { type: "anthropic", apiKey: "sk-two", baseUrl: `${url}/v1` },
    gateway: { type: "openai-compatible", baseUrl: `${url}/v1` },
  } as const;
}
