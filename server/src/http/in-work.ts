/**
 * Requests in work, the framework's and those that are answered before it: each counts from its head until its answer is
 * out or its caller has left, and then leaves a duration, and a line in the log where it is worth one.
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
/** A request that is not held on purpose and took longer is worth a line in the log. */
const SLOW_MS = 1_000;

/** What all listeners of a process share. */
export type Traffic = {
  /** Requests in work at this moment. */
  inFlight: number;
  /** Only `serving` takes requests; before and after it they are told to come again. */
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

/** The pattern of its path, and whether it is a frequent act on one task: no line in the log for each. */
type Asked = { url: string; quiet: boolean };

/** Counts a request until its end; on the connection that it came by, if that is known. */
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
  // One line for each refusal under overload would add to it: the metrics count those.
  if (status === 503) log.debug(line(request, status, ms), "told to come again");
  else if (status >= 500) log.error(line(request, status, ms), "request failed");
  else if (steers(request.method, url) && !quiet) log.info(line(request, status, ms), "steered");
  else if (ms > SLOW_MS && !request.held && !asksToWait(request)) log.warn(line(request, status, ms), "slow request");
}

/** An act on a thing that exists: its route names one. */
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
