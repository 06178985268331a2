// Watch a task live: its text as it is written, and everything else as a line. The iterator reconnects by itself.
import { isKnownEvent, Waybill } from "@waybill/sdk";

const waybill = new Waybill({ baseUrl: process.env.WAYBILL_URL, apiKey: process.env.WAYBILL_API_KEY });
const [query = "What is the population of Japan?"] = process.argv.slice(2);

const task = await waybill.submit({ kind: "agent", input: { query } });
for await (const event of task.stream()) {
  if (!isKnownEvent(event)) console.error(`${event.seq} ${event.type}`, event.data);
  else if (event.type === "output.delta") process.stdout.write(event.data.text);
  else if (event.type === "output.restarted") process.stdout.write("\n(once more)\n");
  else console.error(`${event.seq} ${event.type}`);
}
process.stdout.write("\n");
