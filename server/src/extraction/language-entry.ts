/** Where the process that tells languages begins. It ends with the connection to whoever started it. */
import { eld } from "eld/medium";
import type { LanguageAnswer, LanguageQuestion } from "./language-process.ts";

process.on("message", ({ id, text }: LanguageQuestion) => {
  const language = eld.detect(text).language || "unknown";
  process.send?.({ id, language } satisfies LanguageAnswer);
});
process.on("disconnect", () => process.exit());
