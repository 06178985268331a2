// Tasks of one conversation know what was said before.
import { Waybill } from "@waybill/sdk";

const waybill = new Waybill({ baseUrl: process.env.WAYBILL_URL, apiKey: process.env.WAYBILL_API_KEY });
const conversation = { alias: `example-${Date.now()}` };

for (const query of ["My name is Ada.", "What is my name?"]) {
  const task = await waybill.submit({ kind: "agent", input: { query }, conversation });
  console.log(`> ${query}\n${await task.text()}`);
}
