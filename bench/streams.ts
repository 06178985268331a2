/**
 * 2,000 open event streams on one server while tasks run: each gets every event of its task, and readers that never read
 * slow nobody.
 *
 *   node bench/streams.ts [streams] [tasks]
 */
import { connect, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { conditions } from "./conditions.ts";
import { memoryOf } from "./load/cpu.ts";
import { Rig } from "./load/rig.ts";

const streams = Number(process.argv[2] ?? 2_000);
const tasks = Number(process.argv[3] ?? 20);
const STEPS = 200;
const DEAF = 50;
const END_MS_MAX = 120_000;
const MB = 2 ** 20;
const submitted = z.object({ id: z.string() });
const ended = z.object({ state: z.literal("completed"), last_event: z.int() });

const rig = await Rig.start({ flags: ["--config", fileURLToPath(new URL("noop.config.ts", import.meta.url))] });
const sockets: Socket[] = [];
try {
  const empty = memoryOf(rig.server.pid) ?? 0;
  const ids: string[] = [];
  for (let n = 0; n < tasks; n++) {
    const body = { kind: "steps", input: { count: STEPS }, delay_ms: 8_000 };
    ids.push(submitted.parse(JSON.parse(await rig.call("/v1/tasks", body))).id);
  }
  const from = performance.now();
  const readers = Array.from({ length: streams }, (_, n) => follow(ids[n % ids.length] ?? ""));
  await Promise.all(readers.map((reader) => reader.opened));
  const openedMs = performance.now() - from;
  for (let n = 0; n < DEAF; n++) (await open(ids[n % ids.length] ?? "")).pause();
  const full = memoryOf(rig.server.pid) ?? 0;
  // Asked from another process: this one is busy with what it reads.
  const answers: { p50Ms: number; p99Ms: number }[] = [];
  let isOver = false;
  const requests = [{ method: "GET", path: "/health", headers: {} }];
  const watch = (async () => {
    while (!isOver) answers.push(await rig.load({ url: rig.server.url, connections: 1, seconds: 1, requests }));
  })();
  const begun = performance.now();
  const late = new Promise((_, reject) =>
    setTimeout(() => reject(new Error("Some streams did not end.")), END_MS_MAX).unref(),
  );
  const counts = await Promise.race([Promise.all(readers.map((reader) => reader.done)), late]);
  const seconds = (performance.now() - begun) / 1_000;
  isOver = true;
  await watch;
  const { last_event } = ended.parse(JSON.parse(await rig.call(`/v1/tasks/${ids[0]}`)));
  const events = z.array(z.int()).parse(counts);
  const wrong = events.filter((count) => count !== last_event).length;
  const total = events.reduce((sum, count) => sum + count, 0);
  console.log(
    `${streams.toLocaleString("en")} streams opened in ${openedMs.toFixed(0)} ms, ${((full - empty) / streams / 1024).toFixed(1)} KB each, beside ${DEAF} that never read`,
  );
  console.log(
    `  ${total.toLocaleString("en")} events in ${seconds.toFixed(1)} s (${Math.round(total / seconds).toLocaleString("en")}/s, the wait of 8 s for their start included); ${wrong} streams with a gap or a repeat`,
  );
  const worst = (of: (answer: { p50Ms: number; p99Ms: number }) => number) => Math.max(...answers.map(of)).toFixed(1);
  const heard = `p50 ${worst((answer) => answer.p50Ms)} ms, p99 ${worst((answer) => answer.p99Ms)} ms in the worst second`;
  console.log(
    `  an answer to GET /health meanwhile: ${heard}; memory at the end ${((memoryOf(rig.server.pid) ?? 0) / MB).toFixed(0)} MB; ${conditions()}`,
  );
  if (wrong > 0) process.exitCode = 1;
} finally {
  for (const socket of sockets) socket.destroy();
  await rig.end();
}

function follow(id: string): { opened: Promise<void>; done: Promise<number> } {
  const opened = Promise.withResolvers<void>();
  const done = Promise.withResolvers<number>();
  let next = 1;
  let rest = "";
  void open(id).then((socket) => {
    socket.on("data", (chunk) => {
      opened.resolve();
      const frames = (rest + chunk.toString("latin1")).split("\n\n");
      rest = frames.pop() ?? "";
      for (const frame of frames) {
        const seq = /(?:^|\n)id: (\d+)/.exec(frame)?.[1];
        if (seq !== undefined) next = Number(seq) === next ? next + 1 : Number.NaN;
        if (frame.includes("event: done")) done.resolve(next - 1);
      }
    });
  }, opened.reject);
  return { opened: opened.promise, done: done.promise };
}

function open(id: string): Promise<Socket> {
  const url = new URL(rig.server.url);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: url.hostname, port: Number(url.port) });
    sockets.push(socket);
    socket.on("error", reject);
    socket.on("connect", () => {
      const key = `authorization: Bearer ${rig.key}\r\n`;
      socket.write(
        `GET /v1/tasks/${id}/events HTTP/1.1\r\nhost: ${url.host}\r\n${key}accept: text/event-stream\r\n\r\n`,
      );
      resolve(socket);
    });
  });
}
