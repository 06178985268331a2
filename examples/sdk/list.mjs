// Find tasks: by state, by kind, by words, by your own metadata. Iterating goes through all pages.
import { Waybill } from "@waybill/sdk";

const waybill = new Waybill({ baseUrl: process.env.WAYBILL_URL, apiKey: process.env.WAYBILL_API_KEY });

const project = `example-${Date.now()}`;
const questions = ["What is the capital of Peru?", "What is the capital of Kenya?", "What is 12 / 5?"];
const tasks = await Promise.all(
  questions.map((query) => waybill.submit({ kind: "agent", input: { query }, metadata: { project } })),
);
await Promise.all(tasks.map((task) => task.result()));

const capitals = waybill.tasks.list({ state: ["completed"], q: "capital", metadata: { project }, limit: 1 });
for await (const { id, state, title } of capitals) console.log(id, state, title);
