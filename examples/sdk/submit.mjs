// Ask an agent and wait for its answer, however long that takes.
import { outputText, TaskEnded, Waybill } from "@waybill/sdk";

const waybill = new Waybill({ baseUrl: process.env.WAYBILL_URL, apiKey: process.env.WAYBILL_API_KEY });
const [query = "What is the capital of France?"] = process.argv.slice(2);

const task = await waybill.submit({ kind: "agent", input: { query }, metadata: { example: "submit" } });
console.error(`submitted ${task.id}`);
try {
  console.log(outputText(await task.result()));
} catch (error) {
  if (!(error instanceof TaskEnded)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
const { usage } = await task.get();
console.log(`${usage.calls} model calls, ${usage.input_tokens} + ${usage.output_tokens} tokens, $${usage.cost_usd}`);
