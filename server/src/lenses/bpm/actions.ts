/** A client's action as an act: the actions of this wire, and the outcomes that a task declares. */
import { z } from "zod";
import { Refusal } from "../../task/errors.ts";
import { isJsonObject, type Json, json } from "../../task/json/json.ts";
import { DEFAULT_OUTCOMES, type HumanAct, ROUTINGS } from "../../task/people/human.ts";
import { IDENTITY_ID_MAX } from "../../task/people/identity.ts";
import { openQuestions } from "../../task/people/questions.ts";
import { outcomesOf } from "../../task/people/work-item.ts";
import type { Task } from "../../task/task.ts";
import type { ActOptions } from "../../verbs/human.ts";
import { ACTION_FIELD } from "./errors.ts";
import { ACTION_OF } from "./vocabulary.ts";

const IDENTITIES_MAX = 100;
const word = z.string().trim().min(1).max(64);
const share = z.int().min(0).max(100);

/** `application_role` is another spelling of `role`. */
const wireIdentity = z.looseObject({
  id: z.string().min(1).max(IDENTITY_ID_MAX),
  type: z
    .string()
    .toLowerCase()
    .default("user")
    .transform((type) => (type === "application_role" ? "role" : type))
    .pipe(z.enum(["user", "group", "role"])),
});
export const wireIdentities = z.array(wireIdentity).max(IDENTITIES_MAX);

export const scopeIn = z
  .string()
  .toUpperCase()
  .nullish()
  .transform((given) => given ?? "TASK")
  .pipe(z.enum(["TASK", "BPM"]))
  .transform((scope) => (scope === "BPM" ? ("process" as const) : ("task" as const)));

export const actionBody = z.looseObject({
  action: z.union([word, z.looseObject({ id: word })]).optional(),
  comment: z.looseObject({ commentStr: z.string().max(10_000), commentScope: scopeIn }).optional(),
  comments: z.string().max(10_000).optional(),
  identities: wireIdentities.optional(),
  priority: z.int().min(1).max(5).optional(),
  payload: json.optional(),
  routingAction: z.string().max(64).optional(),
  routingType: z.string().max(64).optional(),
  defaultActionForGroupVote: z.string().max(64).optional(),
  votersPercentage: share.optional(),
  voterPercentage: share.optional(),
});
export type ActionBody = z.output<typeof actionBody>;

/** The word of an action, which is in the body, or in the query of clients of an older API. Throws `invalid`. */
export function actionWordOf({ action }: ActionBody, inQuery: string | undefined): string {
  const inBody = typeof action === "string" ? action : action?.id;
  const [said, other] = [inBody ?? inQuery, inQuery ?? inBody].map((text) => text?.trim().toUpperCase());
  if (said === undefined || said === "") throw unknownAction('There is no action: say {"action":{"id":"APPROVE"}}.');
  if (said !== other) throw new Refusal("invalid", "The body and the query name different actions.");
  return said === "CLAIM" ? "ACQUIRE" : said;
}

/** Throws `invalid` for an unknown action, or one without what it needs. */
export function actOf(said: string, body: ActionBody, task: Task): HumanAct {
  // A question that it asks for a child has no assignment of its own.
  const asked = openQuestions(task).flatMap(({ prompt }) => outcomesOf(prompt));
  const outcome = [...(task.assignment?.outcomes ?? asked), ...DEFAULT_OUTCOMES].find(
    ({ id }) => id.toUpperCase() === said,
  );
  const payload = payloadIn(body);
  if (outcome !== undefined) return { act: "decide", outcome: outcome.id, ...(payload && { payload }) };
  const names = Object.entries(ACTION_OF) as [keyof typeof ACTION_OF, string][];
  const act = names.find(([, name]) => name === said)?.[0];
  if (act === undefined) throw unknownAction(`There is no action ${said} here.`);
  if (act !== "save" && payload !== undefined)
    throw new Refusal("invalid", "A payload comes with SAVE or with a decision alone.", { field: "payload" });
  const to = (body.identities ?? []).map(({ id, type }) => ({ id, type }));
  switch (act) {
    case "delegate":
      return { act, to: exactly(to, 1, said) };
    case "request_information":
      return { act, from: exactly(to, 1, said) };
    case "reassign":
      return { act, to: someOf(to, said) };
    case "escalate":
      return { act, to: to.slice(0, ESCALATED_TO_MAX) };
    case "route":
      return routed(body, someOf(to, said));
    case "save":
      return { act, ...(payload && { payload }) };
    default:
      return { act };
  }
}

const ESCALATED_TO_MAX = 20;

/** Options of every action. */
export function optionsOf({ comment, comments, priority }: ActionBody): Pick<ActOptions, "comment" | "priority"> {
  const text = comment?.commentStr ?? comments ?? "";
  return {
    ...(text.trim() !== "" && { comment: { text, ...(comment && { scope: comment.commentScope }) } }),
    ...(priority !== undefined && { priority }),
  };
}

function payloadIn({ payload }: ActionBody) {
  if (payload === undefined) return undefined;
  return payloadObject(payload);
}

/** Throws `invalid` for a payload that is no object. */
export function payloadObject(payload: Json) {
  if (isJsonObject(payload)) return payload;
  throw new Refusal("invalid", "payload: must be an object", { field: "payload" });
}

type Routed = Extract<HumanAct, { act: "route" }>;

function routed(body: ActionBody, to: Routed["to"]): Routed {
  const type = body.routingType?.trim().toLowerCase();
  const routing = ROUTINGS.find((name) => name === type);
  if (routing === undefined)
    throw new Refusal("invalid", "routingType: must be Simple, Sequential or Parallel", { field: "routingType" });
  const percent = body.votersPercentage ?? body.voterPercentage ?? 0;
  const otherwise = body.defaultActionForGroupVote?.toLowerCase();
  return {
    act: "route",
    to,
    routing,
    ...(routing === "parallel" && percent > 0 && { votes: Math.max(1, Math.ceil((to.length * percent) / 100)) }),
    ...(routing === "parallel" && otherwise !== undefined && { otherwise }),
  };
}

function exactly<Item>(items: Item[], count: number, said: string): Item[] {
  if (items.length === count) return items;
  throw new Refusal("invalid", `identities: ${said} needs exactly ${count}`, { field: "identities" });
}

function someOf<Item>(items: Item[], said: string): Item[] {
  if (items.length > 0) return items;
  throw new Refusal("invalid", `identities: ${said} needs at least one`, { field: "identities" });
}

function unknownAction(message: string): Refusal {
  return new Refusal("invalid", message, { field: ACTION_FIELD });
}
