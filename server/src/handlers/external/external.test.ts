import { describe, expect, it } from "vitest";
import { externalHandler } from "./external.ts";

describe("kind external", () => {
  const handler = externalHandler();

  it("is claimed in the queue that its input names", () => {
    expect(handler.queueOf?.({ queue: "ocr" })).toBe("ocr");
    expect(handler.queueOf?.({})).toBe("default");
  });

  it("takes any payload for a queue with a plain name", () => {
    expect(handler.input.parse({ queue: "ocr.pages" })).toEqual({ queue: "ocr.pages", payload: null });
    expect(handler.input.safeParse({ queue: "../etc" }).success).toBe(false);
    expect(handler.input.safeParse({ queue: "ocr", more: 1 }).success).toBe(false);
  });

  it("is titled by its queue when nobody named it", () => {
    expect(handler.present({ queue: "ocr" }).title).toBe("Work for ocr");
    expect(handler.present({ queue: "ocr", title: "Page 3" }).title).toBe("Page 3");
  });
});
