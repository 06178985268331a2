import { describe, expect, it } from "vitest";
import { z } from "zod";
import { context } from "./fixtures/tool-context.ts";
import { defineTool, RESULT_CHARS_MAX } from "./tool.ts";

const input = z.strictObject({ city: z.string(), days: z.int().default(1) });

describe("a tool", () => {
  it("shows the model the JSON Schema of what it accepts", () => {
    const tool = defineTool({ name: "weather", description: "Tells the weather.", input, run: () => "" });
    expect(tool.inputSchema).toEqual({
      type: "object",
      properties: {
        city: { type: "string" },
        days: { type: "integer", default: 1, minimum: -9007199254740991, maximum: 9007199254740991 },
      },
      required: ["city"],
      additionalProperties: false,
    });
  });

  it("hands completed input to its code", async () => {
    const tool = defineTool({ name: "weather", description: "", input, run: ({ city, days }) => `${city} ${days}` });
    const prepared = tool.prepare({ city: "Oslo" });
    expect(prepared.ok && (await prepared.run(context))).toBe("Oslo 1");
  });

  it("says in words which argument does not fit", () => {
    const tool = defineTool({ name: "weather", description: "", input, run: () => "" });
    const prepared = tool.prepare({ city: 7, sky: "blue" });
    expect(prepared).toMatchObject({ ok: false, problem: expect.stringContaining("city") });
    expect(prepared).toMatchObject({ problem: expect.stringContaining("sky") });
  });

  it("writes results that are no text as JSON and cuts long ones", async () => {
    const results = [{ degrees: 20 }, "x".repeat(RESULT_CHARS_MAX + 1)];
    const tool = defineTool({ name: "weather", description: "", input, run: ({ days }) => results[days] ?? null });
    const run = async (days: number) => {
      const prepared = tool.prepare({ city: "Oslo", days });
      return prepared.ok ? prepared.run(context) : "";
    };
    expect(await run(0)).toBe('{"degrees":20}');
    expect(await run(1)).toContain(`[Cut: ${RESULT_CHARS_MAX} of ${RESULT_CHARS_MAX + 1}`);
    expect(await run(2)).toBe("null");
  });

  it("has a long result made a piece at a time, of which the beginning is told and how long it is", async () => {
    const rows = Array.from({ length: 60 }, (_, n) => ({ n, said: "ä\n".repeat(30_000) }));
    const whole = JSON.stringify(rows);
    const tool = defineTool({ name: "weather", description: "", input, run: () => rows });
    const prepared = tool.prepare({ city: "Oslo" });
    let turns = 0;
    let isOver = false;
    const count = () => {
      turns += 1;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);
    const told = prepared.ok ? await prepared.run(context) : "";
    isOver = true;
    expect(told.startsWith(whole.slice(0, RESULT_CHARS_MAX))).toBe(true);
    expect(told).toContain(`[Cut: ${RESULT_CHARS_MAX} of ${whole.length} characters`);
    expect(turns).toBeGreaterThan(4);
  });

  it("is refused at its definition when no provider would take it", () => {
    expect(() => defineTool({ name: "no spaces", description: "", input, run: () => "" })).toThrow(/no spaces/);
    expect(() => defineTool({ name: "text", description: "", input: z.string(), run: () => "" })).toThrow(/object/);
  });
});
