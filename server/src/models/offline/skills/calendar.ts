import {
  type Day,
  daysIn,
  daysInMonth,
  isLeapYear,
  isoDay,
  monthOf,
  months,
  moveDay,
  readDay,
  spokenDay,
  weekdayOf,
} from "../../../reference/dates.ts";
import { numberNamed } from "../../../reference/number-words.ts";
import type { Conversation } from "../conversation.ts";
import { capitalised, offered, outcomeOf, type Reply, type Skill, say, type ToolSort, withTool } from "../skill.ts";

const dateMath: ToolSort = {
  name: /date_?(?:math|calc|diff)|days?_?between|calendar/i,
  roles: {
    date: /^(?:date|from|start|start_?date)$/i,
    until: /^(?:until|to|end|end_?date)$/i,
    add: /^(?:add|amount|count)$/i,
    unit: /^units?$/i,
  },
  needs: ["date"],
};

const clock: ToolSort = {
  name: /(?:^|_|\b)(?:time|date|clock|now|today)(?:$|_|\b)|datetime|currenttime|currentdate/i,
  roles: { timezone: /zone|^tz$/i },
  needs: [],
};

/**
 * Questions about dates. The model has no clock: if the answer depends on today, a tool is asked, or a date in the instructions is
 * used, or there is no answer.
 */
export const calendar: Skill = (part, conversation) => {
  const text = part.trim().slice(0, 500);
  const fixed = yearOrMonth(text);
  if (fixed !== undefined) return fixed;
  const asked = question(text);
  if (asked === undefined) return undefined;
  if (!needsToday(text)) return asked(undefined, conversation);
  const known = statedToday(conversation.instructions);
  if (known !== undefined && !/\btime\b/i.test(text)) return asked(known, conversation);
  const tool = clockTool(conversation, zoneIn(text));
  if (tool === undefined) {
    return say(
      "I have no clock, and no date or time tool is offered to me, so I cannot know the current date or time.",
    );
  }
  const outcome = outcomeOf(conversation.outcomes, tool.name, tool.input);
  if (outcome === undefined) return { call: tool };
  if (outcome.failed) return say(`The tool ${tool.name} failed: ${outcome.output.slice(0, 500)}`);
  const today = readDay(outcome.output);
  if (/\btime\b/i.test(text) || today === undefined) return say(`It is ${timeIn(outcome.output)}.`);
  return asked(today, conversation);
};

type Asked = (today: Day | undefined, conversation: Conversation) => Reply | undefined;

const count = String.raw`(\d{1,7}|an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve)`;
/** The question as a function of today's date; undefined when it is not about dates. */
function question(text: string): Asked | undefined {
  const span = new RegExp(
    String.raw`\b${count} (day|week|month|year)s? (after|from|before|later than|prior to|ago|hence)\b`,
    "i",
  ).exec(text);
  const moving =
    span ??
    new RegExp(String.raw`\b(?:add|plus|\+|in|subtract|minus) ${count} (day|week|month|year)s?\b`, "i").exec(text);
  const inTwo =
    /\b(?:how many|number of) (days|weeks|months|years)\b.*\b(?:between|from|until|till|to|since|before|are there|left)\b|\bhow long (?:is it )?(?:until|till|since|between|from)\b|\bdays? (?:between|until|till|since)\b/i.exec(
      text,
    );
  if (inTwo !== null)
    return (today, conversation) => between(text, inTwo[1]?.toLowerCase() ?? "days", today, conversation);
  if (
    moving !== null &&
    (span !== null || /\bdate|day\b|\d{4}|today|tomorrow|weekday/i.test(text.replace(moving[0], ""))) &&
    (daysIn(text, 0).length > 0 || /\bago\b|\bhence\b|\bfrom now\b|\bin \b/i.test(text))
  ) {
    return (today, conversation) => moved(text, moving, today, conversation);
  }
  if (
    /\b(?:what|which) (?:day|weekday)\b|\bday of the week\b|\bweekday\b|\bwhat(?:'s|’s| is) (?:the )?(?:current |today(?:'s|’s) )?(?:date|day|time)\b(?! (?:difference|zone|complexity|limit|travel|of (?!christmas|new year|halloween|valentine|day|today|the day|the week|week)))|\bwhat(?:'s|’s)? (?:time|date)\b(?! (?:zone|complexity))|\b(?:current|today(?:'s|’s)) (?:date|time|day)\b|^(?:what|when) (?:is|was) (?:today|tomorrow|yesterday)\b/i.test(
      text,
    )
  ) {
    return (today, conversation) => whichDay(text, today, conversation);
  }
  const falls =
    /^(?:is|was|does|will) (.{3,60}?) (?:an? |fall on an? |be an? )?(sunday|monday|tuesday|wednesday|thursday|friday|saturday|weekend|weekday)\b/i.exec(
      text,
    );
  if (falls !== null) return (today) => isWeekday(falls[1] ?? "", falls[2] ?? "", today);
  return undefined;
}

function whichDay(text: string, today: Day | undefined, conversation: Conversation): Reply | undefined {
  const [named] = daysIn(text, today);
  const day = named?.day ?? today;
  if (day === undefined) return undefined;
  if (named === undefined || /^(?:today|now|tonight)$/i.test(named.text)) return say(`Today is ${spokenDay(day)}.`);
  const verb = today !== undefined && day < today ? "was" : "is";
  if (/^\p{L}/u.test(named.text) && !/\d/.test(named.text))
    return say(`${capitalised(named.text)} ${verb} ${spokenDay(day)}.`);
  return withTool(conversation, dateMath, { date: isoDay(day) }, asSaid, () =>
    say(`${isoDay(day)} ${verb} a ${weekdayOf(day)}.`),
  );
}

function between(text: string, unit: string, today: Day | undefined, conversation: Conversation): Reply | undefined {
  const named = daysIn(text, today);
  const [first, second] = named.length >= 2 ? [named[0]?.day, named[1]?.day] : [today, named[0]?.day];
  if (first === undefined || second === undefined) return undefined;
  const [low, high] = [isoDay(Math.min(first, second)), isoDay(Math.max(first, second))];
  const days = Math.abs(second - first);
  const from = `from ${low} to ${high}`;
  const exact = `${grouped(days)} ${days === 1 ? "day" : "days"}`;
  if (unit === "weeks")
    return say(
      `It is ${exact} ${from}, which is ${grouped(Math.floor(days / 7))} weeks${days % 7 === 0 ? "" : ` and ${days % 7} days`}.`,
    );
  if (unit === "months" || unit === "years") {
    const whole = wholeMonths(Math.min(first, second), Math.max(first, second));
    const number = unit === "years" ? Math.floor(whole / 12) : whole;
    return say(`It is ${grouped(number)} full ${unit} ${from} (${exact}).`);
  }
  return withTool(conversation, dateMath, { date: low, until: high }, asSaid, () => say(`It is ${exact} ${from}.`));
}

function wholeMonths(from: Day, to: Day): number {
  let count = Math.floor((to - from) / 31);
  for (;;) {
    const next = moveDay(from, count + 1, "month");
    if (next === undefined || next > to) return count;
    count += 1;
  }
}

function moved(
  text: string,
  moving: RegExpExecArray,
  today: Day | undefined,
  conversation: Conversation,
): Reply | undefined {
  const [all, amount = "", unit = "day"] = moving;
  const size = numberNamed(amount) ?? Number.NaN;
  const rest = text.replace(all, " ");
  const [named] = daysIn(rest, today);
  const from = named?.day ?? today;
  if (from === undefined) return undefined;
  const back = /\b(?:before|prior to|ago|subtract|minus)\b/i.test(all);
  const to = moveDay(from, back ? -size : size, unitOf(unit));
  if (to === undefined) return say("That date is outside the years 1 to 9999.");
  const plural = `${grouped(size)} ${unit.toLowerCase()}${size === 1 ? "" : "s"}`;
  return withTool(
    conversation,
    dateMath,
    { date: isoDay(from), add: back ? -size : size, unit: unitOf(unit) },
    asSaid,
    () =>
      say(`${capitalised(plural)} ${back ? "before" : "after"} ${isoDay(from)} is ${spokenDay(to)} (${isoDay(to)}).`),
  );
}

function asSaid(output: string): string {
  return /[.!?]$/.test(output) ? output : `${output}.`;
}

function unitOf(word: string): "day" | "week" | "month" | "year" {
  const lower = word.toLowerCase();
  return lower === "week" || lower === "month" || lower === "year" ? lower : "day";
}

function isWeekday(named: string, asked: string, today: Day | undefined): Reply | undefined {
  const day = daysIn(named, today)[0]?.day;
  if (day === undefined) return undefined;
  const weekday = weekdayOf(day);
  const weekend = weekday === "Saturday" || weekday === "Sunday";
  const wanted = asked.toLowerCase();
  const yes = wanted === "weekend" ? weekend : wanted === "weekday" ? !weekend : weekday.toLowerCase() === wanted;
  return say(`${yes ? "Yes" : "No"}, ${isoDay(day)} is a ${weekday}.`);
}

/** Leap years and lengths of months need neither a date nor a clock. */
function yearOrMonth(text: string): Reply | undefined {
  const leap = /\b(?:is|was|will)\b.*?\b(\d{1,4})\b.*\bleap year\b|\bleap year\b.*?\b(\d{1,4})\b/i.exec(text);
  const year = Number(leap?.[1] ?? leap?.[2]);
  if (leap !== null && year > 0)
    return say(`${isLeapYear(year) ? "Yes" : "No"}, ${year} is ${isLeapYear(year) ? "" : "not "}a leap year.`);
  const month =
    /\bhow many days (?:are |does |has |in )*(?:there )?(?:in )?(?:the month of )?([a-z]{3,9})(?: have)?(?:,? (?:of )?(\d{4}))?\b/i.exec(
      text,
    );
  const index = monthOf(month?.[1]);
  if (month !== null && index > 0 && new RegExp(`^${month[1]}`, "i").test(months[index - 1] ?? "")) {
    const of = month[2] === undefined ? undefined : Number(month[2]);
    if (of === undefined && index === 2) return say("February has 28 days, and 29 in a leap year.");
    return say(`${months[index - 1]}${of === undefined ? "" : ` ${of}`} has ${daysInMonth(of ?? 2001, index)} days.`);
  }
  const inYear = /\bhow many days (?:are |were )?(?:there )?(?:in|does) (?:the year )?(\d{4})\b/i.exec(text);
  if (inYear !== null) return say(`${inYear[1]} has ${isLeapYear(Number(inYear[1])) ? 366 : 365} days.`);
  return undefined;
}

function needsToday(text: string): boolean {
  if (
    /\b(?:today|tonight|now|tomorrow|yesterday|current|ago|hence|christmas|new year|halloween|valentine)\b|\btime is it\b/i.test(
      text,
    )
  )
    return true;
  const named = daysIn(text).length;
  if (/\b(?:until|till|since)\b/i.test(text)) return named < 2;
  return named === 0;
}

/** Instructions often say "Today is 2026-03-01." or "Current date: 1 March 2026". */
function statedToday(instructions: string): Day | undefined {
  const stated =
    /\b(?:today(?:'s|’s)?(?: date)?|(?:the )?current date(?: and time)?|date)\s*(?:is|:|=)\s*([^\n]{4,60})/i.exec(
      instructions,
    )?.[1];
  return stated === undefined ? undefined : readDay(stated);
}

function clockTool(
  conversation: Conversation,
  zone: string | undefined,
): { name: string; input: Record<string, unknown> } | undefined {
  const offer = offered(
    conversation.offers.filter(({ properties }) =>
      properties.every(({ required, name }) => !required || clock.roles["timezone"]?.test(name) === true),
    ),
    clock,
  );
  if (offer === undefined) return undefined;
  const input: Record<string, unknown> = {};
  for (const { name, required } of offer.properties) {
    if (zone !== undefined && clock.roles["timezone"]?.test(name) === true) input[name] = zone;
    else if (required) input[name] = "UTC";
  }
  return { name: offer.name, input };
}

/** The time zone of a city that the text names, by the zone's own city: Tokyo is Asia/Tokyo. */
function zoneIn(text: string): string | undefined {
  const place = /\b(?:in|at|for) (\p{Lu}[\p{L} ]{2,30}?)(?: (?:right )?now| today| time| at the moment)?[?.!]*$/u.exec(
    text,
  )?.[1];
  if (place === undefined) return undefined;
  const city = place.trim().toLowerCase().replaceAll(" ", "_");
  return Intl.supportedValuesOf("timeZone").find((zone) => zone.toLowerCase().endsWith(`/${city}`));
}

/** The time as a tool stated it, without the JSON around it. */
function timeIn(output: string): string {
  const iso = /\d{4}-\d{2}-\d{2}T(\d{2}:\d{2})(?::\d{2}(?:\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?/.exec(output);
  if (iso === null) return output.trim().slice(0, 200).replace(/\.$/, "");
  const day = readDay(iso[0]);
  const zone = iso[2] === undefined || iso[2] === "Z" ? "UTC" : iso[2];
  return `${iso[1]} ${zone}${day === undefined ? "" : ` on ${spokenDay(day)}`}`;
}

function grouped(value: number): string {
  return value.toLocaleString("en-US");
}
