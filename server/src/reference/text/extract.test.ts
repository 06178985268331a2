import { describe, expect, it } from "vitest";
import { extractAnswers } from "./extract.ts";

const text = `Marie Curie was born in Warsaw in 1867. She moved to Paris in 1891 to study physics at the Sorbonne.
Together with her husband Pierre she discovered polonium and radium. The Radium Institute was founded by Marie Curie in 1909.
Dr. Regaud led its medical department. She died in 1934 of an illness caused by radiation.`;

const best = (question: string) => extractAnswers(question, text)[0]?.sentence;

describe("an answer from a text", () => {
  it.each([
    ["Who founded the Radium Institute?", "founded by Marie Curie in 1909"],
    ["When did she die?", "1934"],
    ["Where was Marie Curie born?", "Warsaw"],
    ["What did she discover?", "polonium and radium"],
    ["Who led the medical department?", "Dr. Regaud led"],
    ["Why did she move to Paris?", "to study physics"],
  ])("%s", (question, part) => {
    expect(best(question)).toContain(part);
  });

  it("is none when the text does not say", () => {
    expect(best("What is the boiling point of nitrogen?")).toBeUndefined();
    expect(best("")).toBeUndefined();
    expect(extractAnswers("Who is it?", "")).toEqual([]);
  });
});
