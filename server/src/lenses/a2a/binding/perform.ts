/** What both bindings do with a request whose operation and dialect are known. */
import type { Principal } from "../../../task/principal.ts";
import { jsonBody } from "../../body/json-body.ts";
import type { Answer, Call } from "../../route.ts";
import { JSON_TYPE } from "../../route.ts";
import { agentAt } from "../agent.ts";
import type { Dialect } from "../dialect.ts";
import type { RpcId } from "../errors.ts";
import { extensionsUsed } from "../extensions.ts";
import type { Operation } from "../operation.ts";
import { type Base, urlOf } from "../paths.ts";

const A2A_TYPE = "application/a2a+json";

export type Request = Pick<
  Call<string, Readonly<Record<string, unknown>>, unknown, Principal>,
  "principal" | "verbs" | "parts" | "requestId" | "headers" | "uploads" | "mount" | "origin" | "idempotency" | "left"
>;

/** What came to an agent's base. Throws what the operation refuses. */
export async function performed(
  request: Request,
  asked: Base,
  operation: Operation,
  dialect: Dialect,
  rpcId: RpcId,
  params: unknown,
): Promise<Answer> {
  const { principal, verbs, parts, requestId, headers, uploads, idempotency, left } = request;
  const { agent, base } = await agentAt({ principal, verbs, parts }, asked);
  const extensions = extensionsUsed(headers, dialect.version, agent.definition);
  const root = request.origin() + request.mount;
  const url = urlOf(base, root);
  const outcome = await operation.perform(
    {
      principal,
      verbs,
      parts,
      requestId,
      agent,
      base,
      root,
      url,
      dialect,
      rpcId,
      headers,
      extensions: extensions.uris,
      uploads,
      idempotency,
      left,
    },
    params,
  );
  if ("answer" in outcome) return withHeaders(outcome.answer, extensions.header);
  const { result } = outcome;
  const body = dialect.binding === "JSONRPC" ? { jsonrpc: "2.0", id: rpcId, result } : result;
  return {
    status: 200,
    bytes: jsonBody(body),
    headers: { "content-type": typeOf(dialect, headers.accept), ...extensions.header },
  };
}

function withHeaders(answer: Answer, more: Record<string, string>): Answer {
  if (!("stream" in answer) || answer.stream === undefined) return answer;
  return { stream: { ...answer.stream, headers: { ...answer.stream.headers, ...more } } };
}

/** Clients of 1.0 over HTTP may ask for the protocol's own type. */
function typeOf({ binding, version }: Dialect, accept = ""): string {
  return binding === "HTTP+JSON" && version === "1.0" && accept.includes(A2A_TYPE) ? A2A_TYPE : JSON_TYPE;
}
