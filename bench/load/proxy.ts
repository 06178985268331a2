/** The baseline of agents, in a process of its own: each request goes to the provider, whose stream is piped to the caller. */
import { Agent, createServer, request as requestTo } from "node:http";
import { z } from "zod";

const { port, provider } = z.object({ port: z.int(), provider: z.url() }).parse(JSON.parse(process.argv[2] ?? ""));
const agent = new Agent({ keepAlive: true });

createServer((request, response) => {
  if (request.method !== "POST") return void response.end();
  const asked = requestTo(provider, { method: "POST", agent, headers: { "content-type": "application/json" } });
  asked.on("response", (answer) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    answer.pipe(response);
  });
  request.pipe(asked);
}).listen(port, "127.0.0.1");
