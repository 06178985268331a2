/**
 * A language model's server in a process of its own: it answers by Chat Completions with 100 tokens over 2 s. Each token says
 * when it was written, in microseconds by the machine's clock, so that whoever reads it knows how old it is. Where it is
 * offered tools it calls one first.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { z } from "zod";

const TOKENS = 100;
const EACH_MS = 20;
const SENTENCE_TOKENS = 10;

const { port } = z.object({ port: z.int() }).parse(JSON.parse(process.argv[2] ?? ""));
const asked = z.looseObject({
  messages: z.array(z.looseObject({ role: z.string() })),
  tools: z.array(z.unknown()).optional(),
});

const HEAD = { id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model: "clock" };
const USAGE = { prompt_tokens: 20, completion_tokens: TOKENS, total_tokens: TOKENS + 20 };
const call = { name: "calculator", arguments: '{"expression":"6*7"}' };
const CALL = { role: "assistant", tool_calls: [{ index: 0, id: "call_1", type: "function", function: call }] };

function chunk(delta: object, finish_reason: string | null = null): string {
  return `data: ${JSON.stringify({ ...HEAD, choices: [{ index: 0, delta, logprobs: null, finish_reason }] })}\n\n`;
}

function ending(reason: string): string {
  return `${chunk({}, reason)}data: ${JSON.stringify({ ...HEAD, choices: [], usage: USAGE })}\n\ndata: [DONE]\n\n`;
}

function speak(response: ServerResponse): void {
  let n = 0;
  const timer = setInterval(() => {
    n += 1;
    const end = n % SENTENCE_TOKENS === 0 ? "." : "";
    const writtenUs = Math.round((performance.timeOrigin + performance.now()) * 1_000);
    response.write(chunk({ content: ` at @${writtenUs}${end}` }));
    if (n < TOKENS) return;
    clearInterval(timer);
    response.end(ending("stop"));
  }, EACH_MS);
  response.on("close", () => clearInterval(timer));
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const bytes of request) chunks.push(bytes);
  if (request.method !== "POST") return void response.end();
  const { messages, tools = [] } = asked.parse(JSON.parse(Buffer.concat(chunks).toString()));
  response.writeHead(200, { "content-type": "text/event-stream" });
  if (tools.length > 0 && !messages.some(({ role }) => role === "tool")) {
    setTimeout(() => response.end(chunk(CALL) + ending("tool_calls")), EACH_MS);
    return;
  }
  response.write(chunk({ role: "assistant", content: "" }));
  speak(response);
}

createServer((request, response) => void answer(request, response)).listen(port, "127.0.0.1");
