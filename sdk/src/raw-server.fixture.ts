/** A plain HTTP server that answers as a test says, one answer for each request in turn; the last one stays. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { onTestFinished } from "vitest";

export type Reply = (request: IncomingMessage, response: ServerResponse) => void;

export type RawServer = { url: string; requests: { request: IncomingMessage; body: string }[] };

export async function rawServer(...replies: [Reply, ...Reply[]]): Promise<RawServer> {
  const requests: RawServer["requests"] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    requests.push({ request, body });
    (replies[requests.length - 1] ?? replies.at(-1) ?? replies[0])(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { url: `http://127.0.0.1:${address.port}`, requests };
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Reply {
  return (_request, response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
  };
}

export function problem(status: number, code: string, more: Record<string, string> = {}): Reply {
  const { "retry-after": retryAfter, ...fields } = more;
  return json(
    status,
    { type: "about:blank", title: "Error", status, detail: `It is ${code}.`, code, request_id: "r-1", ...fields },
    retryAfter === undefined ? {} : { "retry-after": retryAfter },
  );
}

/** Cuts the connection before a byte of an answer. */
export const cut: Reply = (request) => void request.socket.destroy();

/** Writes these pieces of an event stream; then cuts, or ends in good order, or stays open. */
export function frames(pieces: readonly string[], then: "cut" | "end" | "stay"): Reply {
  return (request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(pieces.join(""), () => {
      if (then === "cut") request.socket.destroy();
      if (then === "end") response.end();
    });
  };
}

export function frame(seq: number, type = "output.delta"): string {
  const event = { seq, type, at: "2026-01-01T00:00:00.000Z", data: {} };
  return `id: ${seq}\nevent: ${type}\ndata: ${JSON.stringify(event)}\n\n`;
}
