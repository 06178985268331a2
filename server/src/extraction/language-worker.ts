/** Says in which language texts are, in a thread of its own: the table that it looks into takes a while to load. */
import { parentPort } from "node:worker_threads";
import { eld } from "eld/medium";
import type { LanguageAnswer, LanguageQuestion } from "./language-thread.ts";

parentPort?.on("message", ({ id, text }: LanguageQuestion) => {
  const language = eld.detect(text).language || "unknown";
  parentPort?.postMessage({ id, language } satisfies LanguageAnswer);
});
