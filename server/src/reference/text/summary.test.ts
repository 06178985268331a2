import { describe, expect, it } from "vitest";
import { processorMs } from "../../../test/processor-time.ts";
import { sentencesOf } from "./sentences.ts";
import { summarize } from "./summary.ts";

const article = `The city council approved a new tram line on Monday. The tram line will connect the harbour with the university.
Construction of the tram line starts in May and takes three years. Figure 2: a map.
| stop | minutes | fare |
The mayor ate a sandwich. Critics say that the tram line costs too much. Supporters of the tram line expect less traffic and cleaner air in the city.
In conclusion, the council sees the tram line as the most important project of the decade for the city.`;

describe("a summary", () => {
  it("has as many of the text's own sentences as asked for, in their order", () => {
    const all = sentencesOf(article);
    const three = summarize(article, 3);
    expect(three).toHaveLength(3);
    const places = three.map((sentence) => all.indexOf(sentence));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places).not.toContain(-1);
  });

  it("leaves out captions, table rows and asides", () => {
    const text = summarize(article, 4).join(" ");
    expect(text).toContain("tram line");
    expect(text).not.toMatch(/Figure 2|minutes|sandwich/);
  });

  it("does not say the same thing twice", () => {
    expect(
      summarize(`${"The tram is late again today. ".repeat(20)}The bus is on time at the market square.`, 2).join(" "),
    ).toContain("bus");
  });

  it("of a short text is the text", () => {
    expect(summarize("One thing happened.", 3)).toEqual(["One thing happened."]);
    expect(summarize("", 3)).toEqual([]);
  });

  it("of a book takes bounded time", () => {
    const book = Array.from(
      { length: 20_000 },
      (_, index) => `Chapter words number ${index} speak of topic${index % 97} and place${index % 31}.`,
    ).join(" ");
    const start = processorMs();
    expect(summarize(book, 5)).toHaveLength(5);
    expect(processorMs() - start).toBeLessThan(5_000);
  });
});

describe("sentences", () => {
  it("do not end at abbreviations, initials and decimals", () => {
    expect(sentencesOf("Dr. A. Smith paid 3.50 dollars, e.g. for tea. Then he left! Did he? Yes.")).toEqual([
      "Dr. A. Smith paid 3.50 dollars, e.g. for tea.",
      "Then he left!",
      "Did he?",
      "Yes.",
    ]);
  });
});
