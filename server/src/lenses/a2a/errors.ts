/** Refusals as the four dialects say them. */
import type { ErrorCode, Refusal } from "../../task/errors.ts";
import type { JsonObject } from "../../task/json/json.ts";
import { CONTENT_TYPE_FIELD, type ErrorAnswer, HTTP_STATUS, type RenderError } from "../error-answer.ts";
import type { LensSettings, Unrouted } from "../lens.ts";
import { JSON_TYPE } from "../route.ts";
import { DIALECTS, type Dialect } from "./dialect.ts";
import { FAULTS, type FaultName, InvalidParams, ProtocolRefusal } from "./faults.ts";

const TYPES = "type.googleapis.com/google.rpc.";
const DOMAIN = "a2a-protocol.org";

/** Over JSON-RPC all others travel with 200. */
export const HTTP_OF_RPC: ReadonlySet<number> = new Set([401, 403, 413, 415, 429, 503]);

/** The id of a request of JSON-RPC, which its answer repeats; a number that JavaScript would round is raw JSON. */
export type RpcId = string | number | null | { readonly rawJSON: string };

const FAULT_OF: Readonly<Record<ErrorCode, FaultName>> = {
  not_found: "taskNotFound",
  not_allowed_in_state: "unsupportedOperation",
  fenced: "unsupportedOperation",
  invalid: "invalidParams",
  too_large: "tooLarge",
  conflict: "conflict",
  unauthenticated: "unauthenticated",
  forbidden: "forbidden",
  rate_limited: "rateLimited",
  unavailable: "unavailable",
  internal: "internal",
};

/** The status that each code has over HTTP. */
export const STATUS: Readonly<Record<ErrorCode, number>> = { ...HTTP_STATUS, not_allowed_in_state: 400, fenced: 400 };

function faultNameOf(refusal: Refusal, unread: boolean): FaultName {
  if (refusal instanceof ProtocolRefusal) return refusal.fault;
  if (refusal.code !== "invalid") return FAULT_OF[refusal.code];
  if (refusal.detail.field === CONTENT_TYPE_FIELD) return "mediaType";
  return unread ? "parse" : "invalidParams";
}

/** How a refusal is told in the words of one dialect: the body of the answer, and of an event of a stream. */
export function problemOf(
  refusal: Refusal,
  dialect: Dialect,
  id: RpcId,
  unread = false,
): { status: number; body: JsonObject } {
  const name = faultNameOf(refusal, unread);
  const { code, status, grpc } = FAULTS[name];
  const { message } = refusal;
  if (dialect.binding === "JSONRPC") {
    const details = dialect.version === "1.0" ? detailsOf(refusal, name) : dataOf(refusal);
    const error = { code, message, ...(details !== null && { data: details }) };
    return { status: HTTP_OF_RPC.has(status) ? status : 200, body: { jsonrpc: "2.0", id, error } };
  }
  if (dialect.version === "0.3") {
    const data = dataOf(refusal);
    return { status, body: { code, message, ...(data !== null && { data }) } };
  }
  const details = detailsOf(refusal, name) ?? [];
  return { status, body: { error: { code: status, status: grpc, message, details } } };
}

/** The details of 1.0. Null where there is nothing more to say. */
function detailsOf(refusal: Refusal, name: FaultName): JsonObject[] | null {
  const { reason } = FAULTS[name];
  if (reason !== null) {
    const metadata = refusal instanceof ProtocolRefusal ? refusal.metadata : {};
    return [{ "@type": `${TYPES}ErrorInfo`, reason, domain: DOMAIN, metadata }];
  }
  if (name !== "invalidParams") return null;
  return [{ "@type": `${TYPES}BadRequest`, fieldViolations: violationsOf(refusal) }];
}

function violationsOf(refusal: Refusal): JsonObject[] {
  if (refusal instanceof InvalidParams) return refusal.violations.map((violation) => ({ ...violation }));
  return [{ field: refusal.detail.field ?? "", description: refusal.message }];
}

/** What 0.3 is told beside the sentence. */
function dataOf(refusal: Refusal): JsonObject | null {
  if (refusal instanceof InvalidParams) return { violations: violationsOf(refusal) };
  if (refusal instanceof ProtocolRefusal && Object.keys(refusal.metadata).length > 0) return { ...refusal.metadata };
  return null;
}

/** The answer that refuses a request. */
export function refused(refusal: Refusal, dialect: Dialect, id: RpcId, unread = false): ErrorAnswer {
  const { status, body } = problemOf(refusal, dialect, id, unread);
  return { status, headers: { "content-type": JSON_TYPE, ...extraOf(refusal, status) }, body: JSON.stringify(body) };
}

function extraOf({ detail }: Refusal, status: number): Record<string, string> {
  if (status === 401) return { "www-authenticate": 'Bearer realm="waybill", Basic realm="waybill"' };
  if (status >= 400 && detail.retryAfterS !== undefined)
    return { "retry-after": String(Math.ceil(detail.retryAfterS)) };
  return {};
}

/** Over HTTP, the status of a body whose type is no JSON: versions of the protocol differ. */
export type ForeignType = LensSettings["a2a"]["foreignType"];

/** Of what is refused before a route has read whose dialect it is in. */
export function renderErrorIn(dialect: Dialect, foreignType: ForeignType = 415): RenderError {
  return (refusal, { unread }) => {
    const isForeign = foreignType === 400 && faultNameOf(refusal, unread) === "mediaType";
    const said = isForeign ? new ProtocolRefusal("contentTypeNotSupported", refusal.message) : refusal;
    return refused(said, dialect, null, unread);
  };
}

/** Where no route leads. */
export function renderUnrouted({ method, path, allowed }: Unrouted): ErrorAnswer {
  const dialect = DIALECTS["HTTP+JSON"][/\/v1(?:\/|$)/.test(path) ? "0.3" : "1.0"];
  const has = allowed.length > 0;
  const refusal = has
    ? new ProtocolRefusal("methodNotAllowed", `${method} is none of ${allowed}.`)
    : new ProtocolRefusal("methodNotFound", "No such operation.");
  const answer = refused(refusal, dialect, null);
  if (has) return { ...answer, headers: { ...answer.headers, allow: allowed.join(", ") } };
  return dialect.version === "0.3" ? { ...answer, status: 501 } : answer;
}
