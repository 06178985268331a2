import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { connect } from "node:net";
import { expect, it } from "vitest";
import { BodyPace } from "../lenses/body/body-pace.ts";
import { UnheardBodies } from "./body/unheard-bodies.ts";
import { listen } from "./connections/listener.ts";
import { connections, testApp } from "./test-app.suite.ts";

const left: unknown[] = [];
class Watched extends UnheardBodies {
  override drop({ url }: IncomingMessage): void {
    left.push(url);
  }
}

it("a body whose path is none is looked after until its end, though nobody reads it", async () => {
  const { app } = testApp({ unheard: new Watched(new BodyPace()) });
  const { port, close } = await listen(app, { hosts: ["127.0.0.1"], port: 0, headMsMax: 20_000, connections });
  const socket = connect({ port, host: "127.0.0.1" });
  socket.write("POST /%ZZ HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000\r\n\r\n{");
  const [answer] = await once(socket.setEncoding("utf8"), "data");
  expect(answer).toMatch(/^HTTP.1.1 400 /);
  await expect.poll(() => left).toEqual(["/%ZZ"]);
  socket.destroy();
  await close(0);
});
