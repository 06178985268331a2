/** A decision in the words of any API, and a decision as the answer that the code of an agent is given. Pure. */
import { z } from "zod";
import { Refusal } from "../errors.ts";
import { isJsonObject, type Json, type JsonObject } from "../json/json.ts";
import { jsonIn } from "../json/json-words.ts";
import type { Assignment } from "./assignment.ts";
import { type HumanAct, humanPayload } from "./human.ts";
import { permissionIn } from "./permission.ts";
import { ANSWER } from "./work-item.ts";

const said = z.looseObject({
  outcome: z.string().optional(),
  decision: z.string().optional(),
  approved: z.boolean().optional(),
  comment: z.string().max(10_000).optional(),
  reason: z.string().max(10_000).optional(),
  payload: humanPayload.optional(),
});

export type Decision = { act: HumanAct & { act: "decide" }; comment: string };

/**
 * What somebody has decided who answers the question of a task of kind `human`: an outcome by its id or its title,
 * true or false for the first and the other one of two, or an object with one of these, a comment and a payload; in words
 * with a comment behind a comma, or as JSON. Throws `invalid` for anything else, and for an outcome that there is not.
 */
export function decisionIn({ outcomes }: Assignment, told: Json): Decision {
  const value = typeof told === "string" ? spoken(outcomes, told) : told;
  const plain = typeof value === "string" || typeof value === "boolean";
  const read = plain ? null : said.safeParse(value);
  if (read?.success === false) throw noDecision(outcomes, "");
  const { outcome, decision, approved, comment, reason, payload } = read?.data ?? {};
  const word = plain ? value : (outcome ?? decision ?? approved);
  const chosen = word === undefined ? undefined : chosenBy(outcomes, word);
  if (!chosen) throw noDecision(outcomes, String(word ?? ""));
  return {
    act: { act: "decide", outcome: chosen.id, ...(payload !== undefined && { payload }) },
    comment: comment ?? reason ?? "",
  };
}

/** Words as a decision, where they are more than an outcome. */
function spoken(outcomes: Assignment["outcomes"], words: string): Json {
  const text = words.trim();
  if (chosenBy(outcomes, text)) return text;
  const json = jsonIn(text);
  if (isJsonObject(json)) return json;
  const at = text.search(/[,:;\n]/);
  const outcome = text.slice(0, Math.max(0, at));
  if (chosenBy(outcomes, outcome)) return { outcome, comment: text.slice(at + 1).trim() };
  const said = permissionIn(text);
  const usual = said && outcomes.find(({ id }) => id.toLowerCase() === (said.approved ? "approve" : "reject"));
  return said && usual ? { outcome: usual.id, comment: said.comment } : words;
}

function chosenBy(
  outcomes: Assignment["outcomes"],
  word: string | boolean,
): Assignment["outcomes"][number] | undefined {
  if (word === true) return outcomes[0];
  if (word === false) return outcomes.find(({ id }) => id.toLowerCase() === "reject") ?? otherOfTwo(outcomes);
  const spoken = word.trim().toLowerCase();
  return outcomes.find(({ id, title }) => id.toLowerCase() === spoken || title.toLowerCase() === spoken);
}

function otherOfTwo(outcomes: Assignment["outcomes"]): Assignment["outcomes"][number] | undefined {
  return outcomes.length === 2 ? outcomes[1] : undefined;
}

function noDecision(outcomes: Assignment["outcomes"], word: string): Refusal {
  const ids = outcomes.map(({ id }) => id).join(", ");
  return new Refusal("invalid", `value.outcome: "${word.slice(0, 100)}" is no outcome here: choose of ${ids}.`, {
    field: "value.outcome",
  });
}

/** What the code of a task is told that goes on by a decision: whether it was approved, or what was answered. */
export function answerBy(outcome: string, payload: JsonObject | undefined, comment: string): Json {
  if (outcome.toLowerCase() === ANSWER.id) return payload ?? comment;
  return {
    approved: outcome.toLowerCase() === "approve",
    ...(comment !== "" && { comment }),
    ...(payload !== undefined && { payload }),
  };
}
