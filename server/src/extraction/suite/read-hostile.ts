/**
 * Reads every file of a folder, one after the other, in a process of its own, so that the memory of the one who asks for
 * the readings can be told from that of whoever made the files. Says what came of each, and how far its memory grew.
 */
import { readdirSync } from "node:fs";
import { registerHooks } from "node:module";
import { join } from "node:path";
import { ExtractionError } from "../extraction.ts";

const [folder = "."] = process.argv.slice(2);
// Its readers begin from the bundle, as those of all tests (`vitest.config.ts`).
const bundled = JSON.stringify(new URL("../../../dist/extraction/confined-process.js", import.meta.url));
registerHooks({
  load: (url, context, next) => {
    const loaded = next(url, context);
    if (!url.endsWith("/confined-process.ts")) return loaded;
    return { ...loaded, source: String(loaded.source).replaceAll("import.meta.url", bundled) };
  },
});
const { ProcessExtraction } = await import("../process-extraction.ts");
const extraction = new ProcessExtraction();

/** `read`, or the word of the failure. */
async function outcomeOf(filename: string): Promise<string> {
  const options = { tenant: "acme", recognize: false, signal: new AbortController().signal };
  try {
    const reading = await extraction.open({ path: join(folder, filename), filename, mediaType: null }, options);
    try {
      for await (const page of reading.pages(0)) void page;
    } finally {
      await reading.close();
    }
    return "read";
  } catch (error) {
    return error instanceof ExtractionError ? error.failure : String(error);
  }
}

const outcomes: Record<string, string> = {};
const before = process.memoryUsage.rss();
let most = before;
const timer = setInterval(() => {
  most = Math.max(most, process.memoryUsage.rss());
}, 20);
for (const filename of readdirSync(folder).sort()) outcomes[filename] = await outcomeOf(filename);
clearInterval(timer);
await extraction.close();
process.send?.({ outcomes, grownBytes: most - before });
process.disconnect?.();
