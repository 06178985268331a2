// Pause, resume, cancel and try again; and ask why a task stands where it stands.
import { TaskCancelled, Waybill } from "@waybill/sdk";

const waybill = new Waybill({ baseUrl: process.env.WAYBILL_URL, apiKey: process.env.WAYBILL_API_KEY });

const task = await waybill.submit({ kind: "agent", input: { query: "What is 6 * 7?" }, delay_ms: 60_000 });
console.log((await task.why()).summary);

await task.pause({ reason: "not before the weekend" });
console.log((await task.why()).summary);
await task.resume();

await task.cancel({ reason: "changed my mind" });
await task.result().catch((error) => {
  if (!(error instanceof TaskCancelled)) throw error;
  console.log(error.message);
});

const again = await waybill.submit({ kind: "agent", input: { query: "What is 6 * 7?" } });
console.log(await again.text());
const repeated = await again.retry({ reuseSteps: true });
console.log(`${await repeated.text()}, without a new model call: ${(await repeated.usage()).length} calls`);
