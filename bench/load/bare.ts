/**
 * The baseline, in a process of its own: Fastify with its defaults and nothing behind it. `GET /*` answers with the bytes
 * that it was given; `POST /v1/tasks` checks the body by the native lens's own schema, then answers with the same bytes.
 */
import fastify from "fastify";
import { z } from "zod";
import { submitBody } from "../../server/src/lenses/native/schema.ts";

const { port, bytes } = z
  .object({ port: z.coerce.number(), bytes: z.string() })
  .parse(JSON.parse(process.argv[2] ?? ""));
const body = Buffer.from(bytes);
const app = fastify();
app.get("/*", (_, reply) => reply.type("application/json; charset=utf-8").send(body));
app.post("/v1/tasks", (request, reply) => {
  submitBody.parse(request.body);
  return reply.code(202).type("application/json; charset=utf-8").send(body);
});
await app.listen({ port, host: "127.0.0.1" });
