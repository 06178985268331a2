/** Deliveries of a server that is killed in the middle of them, again and again. */
import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { KillableServer } from "./killable-server.ts";

const KILLS = 2;
const TASKS_A_ROUND = 12;

const told = z.object({ type: z.string(), data: z.object({ task_id: z.string(), seq: z.number() }) });

let server: KillableServer;
let receiver: Server;
let url = "";
/** What was taken, by task, in the order in which it came. */
const taken = new Map<string, number[]>();
let count = 0;
/** From so many on, answers are held back: then the server is killed. */
let holdFrom = Number.POSITIVE_INFINITY;
const held: ServerResponse[] = [];
let news = () => {};

beforeAll(async () => {
  receiver = createServer(async (request, response) => {
    response.on("error", () => {});
    const { data } = told.parse(JSON.parse(Buffer.concat(await request.toArray()).toString()));
    const seqs = taken.get(data.task_id) ?? [];
    taken.set(data.task_id, [...seqs, data.seq]);
    count += 1;
    if (count >= holdFrom) held.push(response);
    else response.writeHead(204).end();
    news();
  });
  receiver.listen(0, "127.0.0.1");
  await once(receiver, "listening");
  const address = receiver.address();
  url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/`;
  server = await KillableServer.start("json", () => "{}");
});
afterAll(async () => {
  await server.stop();
  receiver.close();
  receiver.closeAllConnections();
});

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo())
    await new Promise<void>((resolve) => {
      news = resolve;
    });
}

test("after each death every event of every acknowledged task is told at least once and in order", async () => {
  await server.client.webhooks.create({ url, states: ["queued", "cancelled"] });
  const ids: string[] = [];
  for (let kill = 0; kill < KILLS; kill++) {
    holdFrom = count + TASKS_A_ROUND + kill;
    await Promise.all(
      Array.from({ length: TASKS_A_ROUND }, async () => {
        const task = await server.client.submit({ kind: "external", input: { queue: "q" } });
        await task.cancel();
        ids.push(task.id);
      }),
    );
    await until(() => held.length > 0);
    await server.end("SIGKILL");
    holdFrom = Number.POSITIVE_INFINITY;
    for (const response of held.splice(0)) response.destroy();
    await server.startAgain();
  }
  const lasts = new Map<string, number[]>();
  for (const id of ids) {
    const events = await server.client.task(id).events({ limit: 50 });
    const wanted = events.filter(({ type }) => type === "task.submitted" || type === "task.cancelled");
    lasts.set(
      id,
      wanted.map(({ seq }) => seq),
    );
  }
  const firsts = (id: string) => [...new Set(taken.get(id))];
  await until(() => ids.every((id) => firsts(id).length >= 2));
  for (const id of ids) expect(firsts(id)).toEqual(lasts.get(id));
  // What was under way at a death came again.
  expect(count).toBeGreaterThan(ids.length * 2);
});
