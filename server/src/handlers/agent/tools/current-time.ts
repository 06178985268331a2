import { z } from "zod";
import { readDay, spokenDay } from "../../../reference/dates.ts";
import { defineTool, NoAnswer } from "../tool.ts";

/** The only tool with a clock: its result is journaled, so a run sees one time however often it is resumed. */
export const currentTime = defineTool({
  name: "current_time",
  description: "Tells the current date, weekday and time, in any time zone.",
  input: z.strictObject({
    timezone: z.string().max(64).default("UTC").describe("An IANA time zone such as Europe/Paris."),
  }),
  run: ({ timezone }) => timeIn(timezone, new Date()),
});

/** `2026-11-22T21:15:03+01:00 (Europe/Paris), Sunday, 22 November 2026`. Throws for an unknown zone. */
export function timeIn(zone: string, at: Date): string {
  const parts = new Map(
    formatFor(zone)
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? "";
  const offset = part("timeZoneName").replace("GMT", "") || "+00:00";
  const date = `${part("year")}-${part("month")}-${part("day")}`;
  const day = readDay(date);
  const spoken = day === undefined ? "" : `, ${spokenDay(day)}`;
  return `${date}T${part("hour")}:${part("minute")}:${part("second")}${offset} (${zone})${spoken}`;
}

function formatFor(zone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      hourCycle: "h23",
      timeZoneName: "longOffset",
    });
  } catch {
    throw new NoAnswer(`There is no time zone "${zone}". Name one like Europe/Paris.`);
  }
}
