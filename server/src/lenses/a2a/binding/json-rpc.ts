/** The binding to JSON-RPC 2.0: one route, the method's name in the body. Most of its errors travel with HTTP 200. */
import { z } from "zod";
import { Refusal } from "../../../task/errors.ts";
import { numberTextsOf } from "../../body/number-texts.ts";
import { type Route, route } from "../../route.ts";
import { DIALECTS, type Dialect } from "../dialect.ts";
import { type RpcId, refused, renderErrorIn } from "../errors.ts";
import { InvalidParams, ProtocolRefusal } from "../faults.ts";
import type { Operation } from "../operation.ts";
import { baseFrom } from "../paths.ts";
import { CUT_OF_RPC } from "../raw-parts.ts";
import { versionAsked } from "../version.ts";
import { VERSIONS, type Version } from "../vocabulary.ts";
import { answered } from "./answered.ts";
import { anyParameters, BASE_PARAM, BODY_BYTES_MAX, isObject } from "./parameters.ts";
import { performed } from "./perform.ts";

const rpcAnswer = z.object({
  jsonrpc: z.literal("2.0"),
  id: z.union([z.string(), z.number(), z.null()]),
  result: z.unknown().optional(),
  error: z.object({ code: z.int(), message: z.string(), data: z.unknown().optional() }).optional(),
});

/** Every frame of a stream repeats it. */
const ID_CHARACTERS_MAX = 1_024;

/** What a request has said so far: what refuses it is told in this dialect, under this id. */
type Asked = { dialect: Dialect; id: RpcId };
type Methods = ReadonlyMap<string, { operation: Operation; version: Version }>;

export function rpcRoute(operations: readonly Operation[]): Route {
  const methods: Methods = new Map(
    operations.flatMap((operation) =>
      VERSIONS.map((version) => [operation.methods[version], { operation, version }] as const),
    ),
  );
  return route({
    method: "POST",
    path: "/{base}",
    id: "call_method",
    // Each method asks for its own, and refuses in the words of the protocol.
    scope: "any",
    tag: "JSON-RPC",
    summary: "Call a method of either version by JSON-RPC 2.0",
    description: `The methods: ${[...methods.keys()].join(", ")}.`,
    params: BASE_PARAM,
    query: anyParameters,
    reads: "cut json",
    cut: CUT_OF_RPC,
    bodyBytesMax: BODY_BYTES_MAX,
    body: z.unknown(),
    idempotent: true,
    quiet: true,
    short: true,
    renderError: renderErrorIn(DIALECTS.JSONRPC["1.0"]),
    mayStream: true,
    answers: [{ status: 200, about: "A result, or an error.", schema: rpcAnswer }],
    handle: async (call) => {
      const base = baseFrom(call.params.base);
      const { pin } = base;
      const asked: Asked = { dialect: DIALECTS.JSONRPC[pin ?? "0.3"], id: null };
      try {
        const { method, params } = envelopeOf(call.body, asked);
        const found = methods.get(method);
        asked.dialect = DIALECTS.JSONRPC[found?.version ?? pin ?? "0.3"];
        const version = versionAsked(call.headers, call.query, pin);
        if (found === undefined) {
          asked.dialect = DIALECTS.JSONRPC[version ?? "0.3"];
          throw new ProtocolRefusal("methodNotFound", "Method not found");
        }
        if (params !== undefined && params !== null && !isObject(params)) {
          throw new InvalidParams([{ field: "params", description: "must be an object" }]);
        }
        return await performed(call, base, found.operation, asked.dialect, asked.id, params);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        return answered(refused(error, asked.dialect, asked.id));
      }
    },
  });
}

/** Puts the id into `asked` as soon as it is known. */
function envelopeOf(body: unknown, asked: Asked): { method: string; params: unknown } {
  if (body === undefined) throw new ProtocolRefusal("parse", "The body is empty.");
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw invalidRequest("A request is one JSON object.");
  }
  const { jsonrpc, id = null, method, params }: Record<string, unknown> = { ...body };
  if (id !== null && typeof id !== "string" && typeof id !== "number") {
    throw invalidRequest("id must be a string, a number or null");
  }
  const text = numberTextsOf(body)?.get("id");
  if (String(text ?? id).length > ID_CHARACTERS_MAX)
    throw invalidRequest(`id must have at most ${ID_CHARACTERS_MAX} characters`);
  asked.id = text === undefined ? id : JSON.rawJSON(text);
  if (jsonrpc !== "2.0") throw invalidRequest('jsonrpc must be "2.0"');
  if (typeof method !== "string") throw invalidRequest("method must be a string");
  return { method, params };
}

function invalidRequest(message: string): Refusal {
  return new ProtocolRefusal("invalidRequest", message);
}
