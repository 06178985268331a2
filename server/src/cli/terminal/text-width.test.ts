import { describe, expect, it } from "vitest";
import { cutToWidth, harmless, lastLines, onOneLine, textWidth } from "./text-width.ts";

describe("text in a terminal", () => {
  it("counts wide characters twice and combined ones once", () => {
    expect([textWidth("waybill"), textWidth("貨物"), textWidth("e\u0301"), textWidth("🚚!")]).toEqual([7, 4, 1, 3]);
  });

  it("is cut to a width, wide characters whole", () => {
    expect(cutToWidth("short", 5)).toBe("short");
    expect(cutToWidth("too long", 5)).toBe("too …");
    expect(cutToWidth("貨物貨物", 4)).toBe("貨…");
    expect(cutToWidth("anything", 0)).toBe("");
  });

  it("shows its last lines, broken at the width", () => {
    expect(lastLines("one\ntwo\nabcdefgh\n", 5, 3)).toEqual(["two", "abcde", "fgh"]);
    expect(lastLines("", 5, 3)).toEqual([]);
  });

  it("is broken between words where there are any", () => {
    expect(lastLines("one two three 貨物 unbreakable", 9, 9)).toEqual(["one two", "three", "貨物", "unbreakab", "le"]);
  });

  it("cannot steer the terminal", () => {
    expect(harmless("a\u001b[2Jb\u0007\r\nc\td\u202e")).toBe("a\ufffd[2Jb\ufffd\nc\td\ufffd");
    expect(onOneLine("  a\n\tb ")).toBe("a b");
  });
});
