/** A local server that speaks OpenAI's `/v1/embeddings`, as Ollama and others do too. For tests over a real socket. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { z } from "zod";

const body = z.looseObject({ model: z.string(), input: z.array(z.string()) });
export type EmbeddingCall = z.infer<typeof body> & { headers: IncomingMessage["headers"] };

/** What one request gets in place of vectors. */
export type Trouble =
  | { status: number; headers?: Record<string, string>; body?: string }
  | "silence"
  | "cut"
  | "no_json"
  | "too_few"
  | "no_counts"
  | "no_numbers";

export type EmbeddingServer = {
  /** The root, without `/v1`. */
  url: string;
  calls: readonly EmbeddingCall[];
  /** The next request gets this. */
  fail(trouble: Trouble): void;
  /** Resolves once that many requests have come. */
  received(count: number): Promise<void>;
  close(): Promise<void>;
};

/** Each text's vector is its length and its number of words. */
export async function startEmbeddingServer(): Promise<EmbeddingServer> {
  const calls: EmbeddingCall[] = [];
  const waiting = new Set<() => void>();
  let trouble: Trouble | null = null;

  const server = createServer((incoming, response) => void receive(incoming, response));
  async function receive(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    if (incoming.url !== "/v1/embeddings" || incoming.method !== "POST") {
      response.writeHead(404).end();
      return;
    }
    const call = body.parse(JSON.parse((await incoming.toArray()).join("")));
    calls.push({ ...call, headers: incoming.headers });
    for (const notify of waiting) notify();
    answer(call, response, trouble);
    trouble = null;
  }
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    calls,
    fail: (next) => {
      trouble = next;
    },
    received: (count) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const look = () => {
        if (calls.length >= count) resolve();
      };
      waiting.add(look);
      look();
      return promise;
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function answer({ model, input }: z.infer<typeof body>, response: ServerResponse, trouble: Trouble | null): void {
  if (trouble === "silence") return;
  if (trouble === "cut") {
    response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
    response.write('{"object":"list"', () => response.destroy());
    return;
  }
  if (typeof trouble === "object" && trouble !== null) {
    const error = { error: { message: "Not now.", type: "server_error", code: null } };
    response.writeHead(trouble.status, { "content-type": "application/json", ...trouble.headers });
    response.end(trouble.body ?? JSON.stringify(error));
    return;
  }
  const given = trouble === "too_few" ? input.slice(1) : input;
  const data = given.map((text, index) => {
    const embedding = trouble === "no_numbers" ? [null, 1] : [text.length, text.split(" ").length];
    return { object: "embedding", index, embedding };
  });
  const tokens = trouble === "no_counts" ? 0 : 5;
  const usage = { prompt_tokens: tokens, total_tokens: tokens };
  response.writeHead(200, { "content-type": "application/json" });
  response.end(trouble === "no_json" ? "<html>" : JSON.stringify({ object: "list", data, model, usage }));
}
