/** Event streams with nothing behind them: `/tell` writes the next event to all who follow. */
import { createServer, type ServerResponse } from "node:http";
import { z } from "zod";

const { port } = z.object({ port: z.int() }).parse(JSON.parse(process.argv[2] ?? ""));
const open = new Set<ServerResponse>();
let seq = 1;
const frame = () => `id: ${seq}\nevent: task.paused\ndata: ${JSON.stringify({ seq, text: "x".repeat(150) })}\n\n`;

createServer((request, response) => {
  if (request.url === "/stream") {
    response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
    response.write(frame());
    open.add(response);
    response.on("close", () => open.delete(response));
    return;
  }
  if (request.url === "/tell") {
    seq += 1;
    const bytes = Buffer.from(frame());
    for (const reader of open) reader.write(bytes);
  }
  response.setHeader("content-type", "application/json").end(JSON.stringify({ last_event: seq }));
}).listen(port, "127.0.0.1");
