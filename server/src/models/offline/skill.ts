/**
 * A skill is one thing that the offline model can do. It looks at one part of the question and either replies or leaves it to the next
 * skill. If a tool for the work is offered, the skill asks the tool first and then words its answer.
 */

import type { Conversation, Offer, Outcome } from "./conversation.ts";

export type Reply = { say: string } | { call: { name: string; input: Record<string, unknown> } };

export type Skill = (part: string, conversation: Conversation) => Reply | undefined;

/** A sort of tool: possible names of such a tool, and of its parameters. */
export type ToolSort = {
  name: RegExp;
  /** By role: the possible names of a property in that role. Roles listed in `needs` must exist. */
  roles: Readonly<Record<string, RegExp>>;
  needs: readonly string[];
};

/** With a capital letter, as a sentence begins. */
export function capitalised(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

/** A plain sentence as the reply. */
export function say(text: string): Reply {
  return { say: text };
}

/**
 * Lets an offered tool of that sort do the work: first by a call, then by wording its result. Without such a tool, or if it failed,
 * `alone` is the reply.
 */
export function withTool(
  conversation: Conversation,
  sort: ToolSort,
  values: Readonly<Record<string, string | number | undefined>>,
  word: (output: string) => string,
  alone: () => Reply | undefined,
): Reply | undefined {
  const fitting = offered(conversation.offers, sort);
  if (fitting === undefined) return alone();
  const input: Record<string, unknown> = {};
  for (const [role, value] of Object.entries(values)) {
    const property = fitting.properties.find(
      ({ name }) => sort.roles[role]?.test(name) === true && !Object.hasOwn(input, name),
    );
    if (property === undefined || value === undefined) continue;
    input[property.name] = property.type === "string" ? String(value) : value;
  }
  // A tool that requires an unknown value cannot be called with a guess.
  if (fitting.properties.some(({ name, required }) => required && !Object.hasOwn(input, name))) return alone();
  const outcome = outcomeOf(conversation.outcomes, fitting.name, input);
  if (outcome === undefined) return { call: { name: fitting.name, input } };
  if (outcome.failed) return alone() ?? say(`The tool ${fitting.name} failed: ${outcome.output.slice(0, 500)}`);
  return say(word(resultText(outcome.output)));
}

/** The offered tool of that sort, by its name and by the names of its properties. */
export function offered(offers: readonly Offer[], sort: ToolSort): Offer | undefined {
  return offers.find(
    (offer) =>
      sort.name.test(offer.name) &&
      sort.needs.every((role) => offer.properties.some((property) => sort.roles[role]?.test(property.name) === true)),
  );
}

/** The result of that call. A caller may have filled in the tool's defaults: a call with more arguments is the same one. */
export function outcomeOf(
  outcomes: readonly Outcome[],
  tool: string,
  input: Readonly<Record<string, unknown>>,
): Outcome | undefined {
  return outcomes.find((outcome) => {
    if (outcome.tool !== tool || typeof outcome.input !== "object" || outcome.input === null) return false;
    const given = new Map<string, unknown>(Object.entries(outcome.input));
    return Object.entries(input).every(([name, value]) => JSON.stringify(given.get(name)) === JSON.stringify(value));
  });
}

/** A tool's text, without JSON around it. */
export function resultText(output: string): string {
  try {
    const parsed: unknown = JSON.parse(output);
    return spoken(parsed) ?? output;
  } catch {
    return output.trim();
  }
}

function spoken(value: unknown): string | undefined {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const entries = new Map<string, unknown>(Object.entries(value));
  for (const name of ["text", "answer", "result", "value", "output", "formatted", "message", "definition", "content"]) {
    const inner = entries.get(name);
    if (inner !== undefined && inner !== null) return spoken(inner);
  }
  return undefined;
}
