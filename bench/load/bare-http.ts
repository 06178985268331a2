/** The smallest server there is: `node:http`, which answers whatever it is asked with the bytes that it was given. */
import { createServer } from "node:http";
import { z } from "zod";

const { port, bytes } = z.object({ port: z.int(), bytes: z.string() }).parse(JSON.parse(process.argv[2] ?? ""));
const body = Buffer.from(bytes);
const head = { "content-type": "application/json; charset=utf-8", "content-length": body.length };
createServer((_, response) => response.writeHead(200, head).end(body)).listen(port, "127.0.0.1");
