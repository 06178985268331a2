/**
 * What one long document takes of the server's memory while it is read, cut and embedded into a vector store, and what is
 * left of that a minute after. What the processes beside the server take is theirs alone, and ends with them.
 *
 *   node bench/document-memory.ts [megabytes]
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { Waybill } from "../sdk/dist/index.js";
import { conditions } from "./conditions.ts";
import { memoryOf } from "./load/cpu.ts";
import { freePort, Server } from "./server.ts";

const MB = 1_000_000;
const READING_MB_MAX = 150;
const EVERY_MS = 200;
const AFTER_MS = 65_000;
const megabytes = Number(process.argv[2] ?? 15);
const folder = mkdtempSync(path.join(tmpdir(), "waybill-bench-"));
// As its own first line and `npm start` have it.
const server = new Server(folder, await freePort(), {
  node: ["--max-semi-space-size=16"],
  env: { MALLOC_ARENA_MAX: "2" },
});

try {
  await server.ready();
  const client = new Waybill({ baseUrl: server.url });
  console.log(conditions());
  const before = memoryOf(server.pid) ?? 0;
  let most = before;
  const watch = setInterval(() => {
    most = Math.max(most, memoryOf(server.pid) ?? 0);
  }, EVERY_MS);
  const above = (bytes: number) => `${Math.round((bytes - before) / MB)} MB`;
  const file = await client.files.upload(new Blob([text(megabytes * MB)]), { filename: "long.txt" });
  await ended(client, file.task_id);
  const verdict = (most - before) / MB <= READING_MB_MAX ? "held" : "MISSED";
  console.log(
    `${megabytes} MB of text: the server has ${Math.round(before / MB)} MB, and ${above(most)} more at most while it is read and cut, at most ${READING_MB_MAX} MB: ${verdict}`,
  );
  const store = await client.vectorStores.create({ name: "long" });
  const [added] = await client.vectorStores.addFiles(store.id, [{ file_id: file.id }]);
  await ended(client, added?.task_id ?? null);
  console.log(`${above(most)} more at most while it is embedded too`);
  await setTimeout(AFTER_MS);
  clearInterval(watch);
  console.log(`${above(memoryOf(server.pid) ?? 0)} more a minute after`);
} finally {
  await server.end("SIGTERM");
  rmSync(folder, { recursive: true, force: true });
}

async function ended(client: Waybill, id: string | null): Promise<void> {
  if (id === null) throw new Error("No task began.");
  for (;;) {
    const { state, error } = await client.task(id).get({ waitS: 1 });
    if (state === "completed") return;
    if (error) throw new Error(error.message);
    await setTimeout(EVERY_MS);
  }
}

/** Paragraphs of made-up words, no two alike. */
function text(characters: number): string {
  let seed = 7;
  const next = (below: number) => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const syllables = ["ka", "ro", "men", "ti", "sol", "ver", "an", "du", "pel", "is", "or", "gram"];
  const word = () => Array.from({ length: 1 + next(3) }, () => syllables[next(syllables.length)]).join("");
  const sentence = () => `The ${Array.from({ length: 6 + next(9) }, word).join(" ")}.`;
  const paragraphs: string[] = [];
  for (let length = 0; length < characters; length += paragraphs.at(-1)?.length ?? 0)
    paragraphs.push(`${Array.from({ length: 5 }, sentence).join(" ")}\n\n`);
  return paragraphs.join("");
}
