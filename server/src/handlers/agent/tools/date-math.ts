import { z } from "zod";
import { type Day, isoDay, moveDay, readDay, spokenDay } from "../../../reference/dates.ts";
import { defineTool, NoAnswer } from "../tool.ts";

const date = z.string().min(1).max(40);

/** Calendar arithmetic without a clock. */
export const dateMath = defineTool({
  name: "date_math",
  description:
    "Calculates with dates: the weekday of a date, the time from one date until another, or the date some days, weeks, months or years away.",
  input: z.strictObject({
    date: date.describe("As YYYY-MM-DD."),
    until: date.optional().describe("As YYYY-MM-DD: counts the time from date until then."),
    add: z.int().min(-4_000_000).max(4_000_000).optional().describe("How many units after date; negative for before."),
    unit: z.enum(["day", "week", "month", "year"]).default("day"),
  }),
  run({ date, until, add, unit }) {
    const from = dayNamed(date);
    const answers = [`${isoDay(from)} is ${spokenDay(from)}.`];
    if (until !== undefined) answers.push(between(from, dayNamed(until)));
    if (add !== undefined) answers.push(moved(from, add, unit));
    return answers.join(" ");
  },
});

function dayNamed(text: string): Day {
  const day = readDay(text);
  if (day === undefined) throw new NoAnswer(`"${text}" is not a date. Write it as YYYY-MM-DD.`);
  return day;
}

function between(from: Day, to: Day): string {
  const days = to - from;
  const weeks = Math.trunc(days / 7);
  return `From ${isoDay(from)} until ${isoDay(to)} it is ${counted(days, "day")}, or ${counted(weeks, "week")} and ${counted(days % 7, "day")}.`;
}

function moved(from: Day, count: number, unit: "day" | "week" | "month" | "year"): string {
  const to = moveDay(from, count, unit);
  if (to === undefined) throw new NoAnswer("That is outside the years 1 to 9999.");
  return `${counted(Math.abs(count), unit)} ${count < 0 ? "before" : "after"} it is ${isoDay(to)}, ${spokenDay(to)}.`;
}

function counted(count: number, unit: string): string {
  return `${count} ${unit}${Math.abs(count) === 1 ? "" : "s"}`;
}
