import { expect, test } from "vitest";
import { readingOfFiles } from "../../suite/reading-files.ts";

const { read } = readingOfFiles({ here: true });

test("a mail that names no charset is read in the likely one, its head too", async () => {
  const mail =
    "From: a@pots.example\nTo: b@pots.example\nSubject: Grüße\n\nSchöne Grüße aus Köln, wo es nicht regnet.\n";
  const { facts, text } = await read(Buffer.from(mail, "latin1"), "greetings.eml");
  expect(facts.title).toBe("Grüße");
  expect(text).toContain("Schöne Grüße aus Köln, wo es nicht regnet.");
});
