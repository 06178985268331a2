/** Where the process that tells languages begins. It ends with the connection to whoever started it. */
import { eld } from "eld/medium";
import { type LanguageAnswer, languageQuestion } from "./language-process.ts";

process.on("message", (message) => {
  const { id, text } = languageQuestion.parse(message);
  const language = eld.detect(text).language || "unknown";
  process.send?.({ id, language } satisfies LanguageAnswer);
});
process.on("disconnect", () => process.exit());
