/**
 * Requests in work, on the framework's path and on the short one: each counts from its head until its answer is out or its caller has
 * left. Its end leaves a duration, and for some a line in the log.
 */
import type { ServerResponse } from "node:http";
import type { Logger } from "pino";
import type { Incoming } from "../lenses/incoming.ts";
import type { Bodies } from "./body/body.ts";
import type { UnheardBodies } from "./body/unheard-bodies.ts";
import type { Connection, Connections } from "./connections/connections.ts";
import type { DurationHistogram } from "./duration-histogram.ts";
import type { RequestAdmission } from "./shares/admission.ts";

const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/;
/** A slower request, unless it is held on purpose, gets a line in the log. */
const SLOW_MS = 1_000;

/** Shared by all listeners of a process. */
export type Traffic = {
  /** Requests in work at this moment. */
  inFlight: number;
  /** Only `serving` takes requests; in the other stages they are answered 503. */
  stage: "starting" | "serving" | "stopping";
};

export type InWorkParts = {
  log: Logger;
  durations: DurationHistogram;
  traffic: Traffic;
  bodies: Bodies;
  unheard: UnheardBodies;
  connections: Connections;
  admission: RequestAdmission;
};

/** The pattern of its path; a `quiet` request is a frequent act on one task, and has no line in the log. */
type Asked = { url: string; quiet: boolean };

/** Counts a request until its end, and on its connection, if that is known. */
export function begins(
  parts: InWorkParts,
  request: Incoming,
  response: ServerResponse,
  asked: Asked,
): Connection | undefined {
  const connection = parts.connections.of(request.raw.socket);
  parts.traffic.inFlight += 1;
  if (connection !== undefined) connection.requestsInWork += 1;
  parts.admission.arrived(request);
  response.on("close", () => ends(parts, request, response, asked, connection));
  return connection;
}

function ends(
  { log, durations, traffic, bodies, unheard, admission }: InWorkParts,
  request: Incoming,
  response: ServerResponse,
  { url, quiet }: Asked,
  connection: Connection | undefined,
): void {
  traffic.inFlight -= 1;
  if (connection !== undefined) {
    connection.requestsInWork -= 1;
    unheard.drop(request.raw, connection.network);
  }
  bodies.ended(request);
  admission.ended(request);
  const ms = performance.now() - request.startedAt;
  const status = response.headersSent ? response.statusCode : 499;
  if (!request.held) {
    durations.observe(url, request.method + status, ms, () => ({
      route: url,
      method: request.method,
      status: String(status),
    }));
  }
  // Under overload a line for each refusal would add to the load: the metrics count them.
  if (status === 503) log.debug(line(request, status, ms), "told to come again");
  else if (status >= 500) log.error(line(request, status, ms), "request failed");
  else if (steers(request.method, url) && !quiet) log.info(line(request, status, ms), "steered");
  else if (ms > SLOW_MS && !request.held && !asksToWait(request)) log.warn(line(request, status, ms), "slow request");
}

/** Whether the request acts on an existing thing: its route names one. */
function steers(method: string, url: string): boolean {
  return method !== "GET" && method !== "HEAD" && url.includes("/:");
}

function asksToWait(request: Incoming): boolean {
  return request.url.includes("wait");
}

function line(request: Incoming, status: number, ms: number) {
  const trace = TRACEPARENT.exec(String(request.headers["traceparent"] ?? ""))?.[1];
  return {
    request: request.id,
    method: request.method,
    path: request.url.split("?", 1)[0],
    status,
    ms: Math.round(ms),
    ...(trace !== undefined && { trace }),
  };
}
