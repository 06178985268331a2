import { describe, expect, it } from "vitest";
import { processorMs } from "../../../test/processor-time.ts";
import { GrowingText } from "./follow.ts";

function heardBy(shown = 0): { text: GrowingText; said: string[] } {
  const said: string[] = [];
  return { text: new GrowingText(shown, (piece) => said.push(piece)), said };
}

describe("text of another agent's artifacts", () => {
  it("is passed on once, as it grows, also when an earlier step has passed on its beginning", () => {
    const { text, said } = heardBy(7);
    text.hear("a", [{ text: "Hello" }], false);
    text.hear("b", [{ text: "World" }], false);
    text.hear("b", [{ text: "!" }], true);
    expect(said).toEqual(["rld", "!"]);
    expect(text.shown).toBe(11);
  });

  it("is heard as going on when an artifact begins anew, and settled only where the end agrees with what was said", () => {
    const { text, said } = heardBy();
    text.hear("a", [{ text: "Half " }], false);
    text.hear("a", [{ text: "and half." }], false);
    text.settle([{ artifactId: "a", parts: [{ text: "Half and half. And more." }] }]);
    text.settle([{ artifactId: "a", parts: [{ text: "Something else, which is longer than all of it." }] }]);
    expect(said.join("")).toBe("Half and half. And more.");
  });

  it("of ten megabytes in thousands of pieces costs what its pieces cost, and has an end", () => {
    const { text, said } = heardBy();
    const piece = "x".repeat(1_024);
    const began = processorMs();
    for (let n = 0; n < 10_000; n++) text.hear("a", [{ text: piece }], true);
    expect(processorMs() - began).toBeLessThan(2_000);
    expect(said).toHaveLength(10_000);
    const endless = () => {
      for (let n = 0; n < 40; n++) text.hear("b", [{ text: "x".repeat(1 << 20) }], true);
    };
    expect(endless).toThrow("The other agent's text is over");
  });
});
