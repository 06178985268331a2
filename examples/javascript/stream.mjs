// Follow a task live, event by event, over any number of broken connections.
// usage: node stream.mjs TASK_ID
// Prints one line for each event: its id, its name and its data. The last one is named done.
import { setTimeout as sleep } from "node:timers/promises";

const SERVER = process.env.SHANNON_URL ?? "http://localhost:8080";
const API_KEY = process.env.SHANNON_API_KEY ?? "sk_test_123456";
const FAILURES_MAX = 6;

/** The events of a text/event-stream. One that was cut off in the middle is none. */
async function* parse(body) {
  let text = "";
  let id = "";
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const frames = text.split("\n\n");
    text = frames.pop();
    for (const frame of frames) {
      const event = { name: "message", data: [] };
      for (const line of frame.split("\n")) {
        const [, field, value] = /^(\w+): ?(.*)$/.exec(line) ?? [];
        if (field === "id") id = value;
        else if (field === "event") event.name = value;
        else if (field === "data") event.data.push(value);
      }
      if (event.data.length > 0) yield { id, name: event.name, data: event.data.join("\n") };
    }
  }
}

/** Every event from the first one on, each once. A new connection goes on after the last event that came. */
async function* follow(taskId) {
  let lastId;
  for (let failures = 0; failures <= FAILURES_MAX; failures++) {
    try {
      const answer = await fetch(`${SERVER}/api/v1/stream/sse?workflow_id=${encodeURIComponent(taskId)}`, {
        headers: { "X-API-Key": API_KEY, ...(lastId && { "Last-Event-ID": lastId }) },
      });
      if (!answer.ok) throw new Error(`${answer.status} ${(await answer.json()).error}`);
      for await (const event of parse(answer.body)) {
        lastId = event.id;
        failures = 0;
        yield event;
        if (event.name === "done") return;
      }
    } catch (error) {
      // fetch says with a TypeError that there is no connection, or none any more.
      if (!(error instanceof TypeError)) throw error;
      console.error(`connection lost (${error.cause?.message ?? error.message})`);
    }
    await sleep(Math.min(400 * 2 ** failures, 10_000));
  }
  throw new Error(`gave up after ${FAILURES_MAX} connections without an event`);
}

const [taskId] = process.argv.slice(2);
if (taskId === undefined) {
  console.error("usage: node stream.mjs TASK_ID");
  process.exit(2);
}
for await (const { id, name, data } of follow(taskId)) console.log(id, name, data);
