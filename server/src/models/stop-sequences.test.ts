import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StopSequences } from "./stop-sequences.ts";

function through(pieces: readonly string[], sequences: readonly string[], include = false) {
  const stops = new StopSequences(sequences, { include });
  const handed = pieces.map((piece) => stops.push(piece));
  return { text: handed.join("") + stops.end(), stoppedBy: stops.stoppedBy };
}

describe("stop sequences", () => {
  it("end the text where one comes, over the borders of its pieces too", () => {
    expect(through(["One. E", "N", "D Two."], ["END"])).toEqual({ text: "One. ", stoppedBy: "END" });
  });

  it("stay at the end of the text when that is asked", () => {
    expect(through(["One. EN", "D Two."], ["END"], true).text).toBe("One. END");
  });

  it("let pass what only began like one", () => {
    expect(through(["E", "N", "ough", " EN"], ["END"])).toEqual({ text: "ENough EN", stoppedBy: null });
  });

  it("hand on nothing behind the one that comes first, however the text is cut", () => {
    const letters = fc.constantFrom("a", "b", "c");
    const word = fc.array(letters, { minLength: 1, maxLength: 4 }).map((of) => of.join(""));
    fc.assert(
      fc.property(
        fc.array(word, { maxLength: 30 }),
        fc.array(word, { minLength: 1, maxLength: 6 }),
        (pieces, stops) => {
          const whole = pieces.join("");
          const places = stops.map((stop) => whole.indexOf(stop)).filter((at) => at >= 0);
          const { text, stoppedBy } = through(pieces, stops);
          // A sequence that is complete ends the text, though a longer one that began before it may have come.
          if (places.length === 0) expect(text).toBe(whole);
          else {
            expect(stoppedBy).not.toBeNull();
            expect(whole.startsWith(text + stoppedBy)).toBe(true);
            for (const stop of stops) expect(text).not.toContain(stop);
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
