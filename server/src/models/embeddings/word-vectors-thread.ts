/** The thread in which words' vectors are summed up; it reads the table when it is first asked. */
import { embedInThread } from "./embed-in-thread.ts";
import { WordVectors } from "./word-vectors.ts";

/** Beside the code, in the sources as in the package. */
const TABLE = new URL("../../../assets/glove-100d.bin", import.meta.url);
let vectors: WordVectors | undefined;

embedInThread(async (texts) => {
  const table = vectors ?? new WordVectors(TABLE);
  vectors = table;
  return texts.map((text) => table.embed(text));
});
