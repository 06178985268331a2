import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { connect } from "node:net";
import { pino } from "pino";
import { expect, it } from "vitest";
import { BodyPace, USUAL_PACE } from "../lenses/body/body-pace.ts";
import { nativeLens } from "../lenses/native/routes.ts";
import { createApp } from "./app.ts";
import { Bodies } from "./body/body.ts";
import { UnheardBodies } from "./body/unheard-bodies.ts";
import { Connections } from "./connections/connections.ts";
import { listen } from "./connections/listener.ts";
import { DurationHistogram } from "./duration-histogram.ts";
import { requestIds } from "./request-ids.ts";
import { RequestAdmission } from "./shares/admission.ts";
import { sharesConfig, sharesOf } from "./shares/configuration.ts";

const left: unknown[] = [];
class Watched extends UnheardBodies {
  override drop({ url }: IncomingMessage): void {
    left.push(url);
  }
}

it("a body whose path is none is looked after until its end, though nobody reads it", async () => {
  const connections = new Connections({ max: 100, requestsOfOne: 16, ofKey: null, ofAddress: null });
  const shares = sharesOf("dev", sharesConfig.parse({}));
  const bounds = { bytesMax: 1_000, valuesMax: 1_000, bytesInFlightMax: 10_000, msMax: 300_000, pace: USUAL_PACE };
  const app = createApp({
    lensAt: () => nativeLens,
    rewrite: (url) => url,
    log: pino({ level: "silent" }),
    durations: new DurationHistogram("requests", "Requests."),
    traffic: { inFlight: 0, stage: "serving" },
    bodies: new Bodies({ ...bounds, take: () => {} }),
    unheard: new Watched(new BodyPace()),
    admission: new RequestAdmission(shares, connections, { isProxied: false, now: Date.now }),
    connections,
    newRequestId: requestIds(),
    keyEnd: () => null,
    requestsMax: 100,
    trustProxy: 0,
    hosts: null,
  });
  const { port, close } = await listen(app, { hosts: ["127.0.0.1"], port: 0, headMsMax: 20_000, connections });
  const socket = connect({ port, host: "127.0.0.1" });
  socket.write("POST /%ZZ HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000\r\n\r\n{");
  const [answer] = await once(socket.setEncoding("utf8"), "data");
  expect(answer).toMatch(/^HTTP.1.1 400 /);
  await expect.poll(() => left).toEqual(["/%ZZ"]);
  socket.destroy();
  await close(0);
});
