// Uploads a file, waits until it has been read, and searches it.
import { Waybill } from "@waybill/sdk";

const waybill = new Waybill({ baseUrl: process.env.WAYBILL_URL, apiKey: process.env.WAYBILL_API_KEY });
const text = "# Pumps\n\nThe coolant pump takes the seal XK-4711-B.\n";
const file = await waybill.files.upload(new File([text], "pumps.md"), { analyses: ["keywords"] });
await waybill.task(file.task_id).result();

const store = await waybill.vectorStores.create({ name: "Pumps", file_ids: [file.id] });
await waybill.task(store.task_id).result();

for (const { filename, text, score } of await waybill.vectorStores.search(store.id, "Which seal does it take?")) {
  console.log(`${filename} (${score.toFixed(2)}): ${text}`);
}
await waybill.vectorStores.delete(store.id);
await waybill.files.delete(file.id);
