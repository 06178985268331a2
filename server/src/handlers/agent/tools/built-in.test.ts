import { describe, expect, it } from "vitest";
import type { Json } from "../../../task/json/json.ts";
import { context } from "../fixtures/tool-context.ts";
import { builtInTools } from "./built-in.ts";
import { timeIn } from "./current-time.ts";

/** What the model is told: the result, or why there is none. */
async function call(name: string, input: Json): Promise<string> {
  const prepared = builtInTools.find((tool) => tool.name === name)?.prepare(input);
  if (prepared === undefined) throw new Error(`no tool ${name}`);
  if (!prepared.ok) return prepared.problem;
  return prepared.run(context).catch((error: unknown) => (error instanceof Error ? error.message : ""));
}

describe("the built-in tools", () => {
  it.each<[string, Json, string]>([
    ["calculator", { expression: "(12.5 + 3) * 4" }, "62"],
    ["calculator", { expression: "0.1 + 0.2" }, "0.3"],
    ["calculator", { expression: "rm -rf" }, "rm is neither a number nor a function."],
    ["date_math", { date: "2026-11-22" }, "2026-11-22 is Sunday, 22 November 2026."],
    [
      "date_math",
      { date: "2024-01-31", add: 1, unit: "month" },
      "2024-01-31 is Wednesday, 31 January 2024. 1 month after it is 2024-02-29, Thursday, 29 February 2024.",
    ],
    [
      "date_math",
      { date: "2026-01-01", until: "2026-12-25" },
      "2026-01-01 is Thursday, 1 January 2026. From 2026-01-01 until 2026-12-25 it is 358 days, or 51 weeks and 1 day.",
    ],
    ["date_math", { date: "someday" }, '"someday" is not a date. Write it as YYYY-MM-DD.'],
    ["convert_units", { value: 5, from: "miles", to: "km" }, "5 miles are 8.04672 kilometres"],
    ["convert_units", { value: 5, from: "miles", to: "kg" }, "miles measure length and kilograms measure mass."],
    ["country_facts", { country: "France", property: "capital" }, "Paris"],
    ["country_facts", { country: "Tokyo", property: "currency" }, "Japanese Yen (JPY)"],
    ["country_facts", { country: "Atlantis" }, 'No country called "Atlantis" is known.'],
    ["define_word", { word: "qqqq" }, 'No definition of "qqqq" is known.'],
    ["current_time", { timezone: "Mars/Olympus" }, 'There is no time zone "Mars/Olympus". Name one like Europe/Paris.'],
  ])("%s of %j", async (name, input, result) => {
    expect(await call(name, input)).toBe(result);
  });

  it("tell the time in the zone that is asked for", () => {
    const at = new Date("2026-11-22T23:30:05Z");
    expect(timeIn("Europe/Paris", at)).toBe("2026-11-23T00:30:05+01:00 (Europe/Paris), Monday, 23 November 2026");
    expect(timeIn("UTC", at)).toBe("2026-11-22T23:30:05+00:00 (UTC), Sunday, 22 November 2026");
  });

  it("know several facts of a country at once", async () => {
    expect(JSON.parse(await call("country_facts", { country: "France" }))).toMatchObject({
      name: "France",
      capital: "Paris",
    });
  });

  it("know what words mean, in computing too", async () => {
    expect(await call("define_word", { word: "entropy" })).toMatch(/^entropy:\n1\. \(noun\) /);
    expect(await call("define_word", { word: "Python" })).toContain("In computing, Python is a ");
  });

  it("say which argument does not fit", async () => {
    expect(await call("convert_units", { value: "five", from: "miles", to: "km" })).toContain("value");
  });
});
