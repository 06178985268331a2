/** The thread that sums up word vectors; the table is read at the first request. */
import { workerData } from "node:worker_threads";
import { embedInThread } from "./embed-in-thread.ts";
import { bytesOf, type SharedFile } from "./shared-file.ts";
import { WordVectors } from "./word-vectors.ts";

// Both ends are one program: the data was typed when it was sent.
const table: SharedFile = workerData;
let vectors: WordVectors | undefined;

embedInThread(async (texts) => {
  const known = vectors ?? new WordVectors(bytesOf(table));
  vectors = known;
  return texts.map((text) => known.embed(text));
});
