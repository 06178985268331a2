/** An app for tests, with all its parts. */
import { pino } from "pino";
import { BodyPace, USUAL_PACE } from "../lenses/body/body-pace.ts";
import { nativeLens } from "../lenses/native/routes.ts";
import { type AppParts, createApp } from "./app.ts";
import { Bodies, type BodyBounds } from "./body/body.ts";
import { UnheardBodies } from "./body/unheard-bodies.ts";
import { Connections } from "./connections/connections.ts";
import { createStreams } from "./connections/stream.ts";
import { DurationHistogram } from "./duration-histogram.ts";
import { requestIds } from "./request-ids.ts";
import { addHealth } from "./server-routes.ts";
import { RequestAdmission } from "./shares/admission.ts";
import { sharesConfig, sharesOf } from "./shares/configuration.ts";

function logged(): { lines: Record<string, unknown>[]; log: AppParts["log"] } {
  const lines: Record<string, unknown>[] = [];
  return { lines, log: pino({ base: null }, { write: (line: string) => lines.push(JSON.parse(line)) }) };
}

export const connections = new Connections({ max: 100, requestsOfOne: 16, ofKey: null, ofAddress: null });
export const BODIES = {
  ...{ bytesMax: 4 << 20, valuesMax: 100_000, bytesInFlightMax: 16 << 20 },
  ...{ msMax: 300_000, pace: USUAL_PACE },
};
const SHARES = sharesOf("dev", sharesConfig.parse({ address: { bodiesBytes: 8 << 20 } }));

type TestParts = Partial<Omit<AppParts, "bodies"> & { bodies: Partial<BodyBounds> }>;

/** Parts that every request passes; `parts` replace the usual ones. */
export function testParts({ bodies = { bytesMax: 1_000, bytesInFlightMax: 10_000 }, ...parts }: TestParts = {}) {
  const { lines, log } = logged();
  const traffic: AppParts["traffic"] = { inFlight: 0, stage: "serving" };
  const admission = new RequestAdmission(SHARES, connections, { isProxied: false, now: Date.now });
  const usual = {
    lensAt: () => nativeLens,
    rewrite: (url: string) => url,
    log,
    durations: new DurationHistogram("requests", "Requests."),
    traffic,
    bodies: new Bodies({ ...BODIES, take: (request, bytes) => admission.takeBytes(request, bytes), ...bodies }),
    unheard: new UnheardBodies(new BodyPace()),
    admission,
    connections,
    newRequestId: requestIds(),
    keyEnd: () => null,
    requestsMax: 100,
    trustProxy: 0,
    hosts: null,
  };
  return { ...usual, ...parts, lines };
}

/** With some routes of its own; `given` replaces the usual parts. */
export function testApp(given: TestParts = {}) {
  const { lines, ...parts } = testParts(given);
  const { log, traffic, durations } = parts;
  const app = createApp(parts);
  const streams = createStreams({ streamsMax: 10, log });
  app.setErrorHandler((error, _request, reply) =>
    reply.code(error instanceof Error && "code" in error ? 400 : 500).send(String(error)),
  );
  app.post("/echo", (request, reply) => reply.send({ body: request.body ?? null }));
  app.post("/things/:id", async () => ({}));
  app.get("/who", (request) => ({ ip: request.ip, id: request.id }));
  app.get("/bug", () => {
    throw new Error("a bug");
  });
  addHealth(app, { version: "0.0.0", recovering: () => null, damagedEnds: [] });
  return { app, lines, traffic, durations, streams };
}
