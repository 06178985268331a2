/** The binding to HTTP: a route for each operation, of 1.0 below the base and of 0.3 below its `/v1`. */
import { z } from "zod";
import { Refusal } from "../../../task/errors.ts";
import { type PathParam, type Route, route } from "../../route.ts";
import { DIALECTS, type Dialect } from "../dialect.ts";
import { type ForeignType, refused, renderErrorIn } from "../errors.ts";
import { InvalidParams, ProtocolRefusal } from "../faults.ts";
import type { Operation, OperationPath } from "../operation.ts";
import { baseFrom } from "../paths.ts";
import { CUT_OF_HTTP } from "../raw-parts.ts";
import { versionAsked } from "../version.ts";
import type { Version } from "../vocabulary.ts";
import { answered } from "./answered.ts";
import { anyParameters, BASE_PARAM, BODY_BYTES_MAX, ID_PARAM, isObject } from "./parameters.ts";
import { performed } from "./perform.ts";

const OLD_PREFIX = "/v1";
const OF_HTTP = DIALECTS["HTTP+JSON"];

export function httpRoutes(operations: readonly Operation[], foreignType: ForeignType): Route[] {
  return operations.flatMap((operation) =>
    operation.paths.flatMap((at) => [
      httpRoute(operation, at, { written: "1.0", path: at.path, foreignType }),
      httpRoute(operation, at, { written: "0.3", path: OLD_PREFIX + (at.v03 ?? at.path), foreignType }),
    ]),
  );
}

/** `written` is the version whose paths look like this one. */
function httpRoute(
  operation: Operation,
  at: OperationPath,
  { written, path, foreignType }: { written: Version; path: string; foreignType: ForeignType },
): Route {
  const { name, summary } = operation;
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, param = ""]) => param);
  const takesBody = at.method === "POST";
  return route<string, Record<string, unknown>, unknown>({
    method: at.method,
    path: `/{base}${path}`,
    id: [name, at.method, written].join("_").toLowerCase().replaceAll(".", "_"),
    scope: "tasks",
    tag: `HTTP, as ${written} writes it`,
    summary,
    ...(name === "card" && { scope: "any" }),
    params: { ...BASE_PARAM, ...Object.fromEntries(names.map((param): [string, PathParam] => [param, ID_PARAM])) },
    query: anyParameters,
    ...(takesBody && { reads: "cut json", cut: CUT_OF_HTTP, bodyBytesMax: BODY_BYTES_MAX, body: z.unknown() }),
    idempotent: takesBody,
    // What begins work, or reads it, is no act on a task that there is.
    quiet: names.length === 0 || name === "subscribe",
    renderError: renderErrorIn(OF_HTTP[written], foreignType),
    ...(path.endsWith("/message:send") && { short: true }),
    mayStream: name === "stream" || name === "subscribe",
    answers: [{ status: 200, about: "What it came to.", schema: z.unknown() }],
    handle: async (call) => {
      const { base: named = "", ...ids } = call.params;
      const base = baseFrom(named);
      const { pin, tenant } = base;
      let dialect = OF_HTTP[written];
      try {
        dialect = dialectOf(versionAsked(call.headers, call.query, pin), written);
        const given = takesBody ? objectIn(call.body) : {};
        const params = merged({ ...saidIn(call.query), ...given }, { ...ids, ...(tenant !== null && { tenant }) });
        return await performed(call, base, operation, dialect, null, params);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        return answered(refused(error, dialect, null));
      }
    },
  });
}

/** What says nothing is of the version that its path is written in. Early clients of 1.0 still write those of 0.3. */
function dialectOf(asked: Version | null, written: Version): Dialect {
  if (asked === "0.3" && written === "1.0") {
    throw new ProtocolRefusal("versionNotSupported", "Version 0.3 has its paths below /v1.", { requested: "0.3" });
  }
  return OF_HTTP[asked ?? written];
}

/** A parameter without a value says nothing. */
function saidIn(query: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== ""));
}

/** No body, and null, are one without fields. */
function objectIn(body: unknown): Record<string, unknown> {
  if (body === undefined || body === null) return {};
  if (isObject(body)) return body;
  throw new InvalidParams([{ field: "", description: "the body must be a JSON object" }]);
}

/** What the path names counts. Throws `InvalidParams` for a body that names another one. */
function merged(given: Record<string, unknown>, ofPath: Readonly<Record<string, string>>): Record<string, unknown> {
  const differing = Object.entries(ofPath).filter(([name, value]) => {
    const said = given[name] ?? given[name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)];
    return said !== undefined && said !== null && said !== "" && said !== value;
  });
  if (differing.length > 0) {
    throw new InvalidParams(differing.map(([field]) => ({ field, description: "is another one in the path" })));
  }
  return { ...given, ...ofPath };
}
