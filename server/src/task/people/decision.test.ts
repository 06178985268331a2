import { expect, it } from "vitest";
import type { Json } from "../json/json.ts";
import { decisionIn } from "./decision.ts";
import { humanInput } from "./human.ts";
import { firstAssignment } from "./work-item.ts";

const of = (...outcomes: string[]) =>
  firstAssignment(humanInput.parse({ title: "Pay", ...(outcomes.length > 0 && { outcomes }) }), "ada", 0);
const usual = of();
const own = of("Ship", "Hold");

it.each<[said: Json, outcome: string, comment: string]>([
  ["approve", "approve", ""],
  ["Approve, fine with me", "approve", "fine with me"],
  ["yes", "approve", ""],
  ["no, too dear", "reject", "too dear"],
  ["No. Ask again in May.", "reject", "Ask again in May."],
  [true, "approve", ""],
  ['{"outcome": "reject", "comment": "too dear"}', "reject", "too dear"],
  [{ approved: false, reason: "too dear" }, "reject", "too dear"],
])("%j is a decision of the usual two", (said, outcome, comment) => {
  expect(decisionIn(usual, said)).toEqual({ act: { act: "decide", outcome }, comment });
});

it.each<[said: Json, outcome: string, comment: string]>([
  ["ship: by Friday", "Ship", "by Friday"],
  ["HOLD", "Hold", ""],
])("%j is a decision of others", (said, outcome, comment) => {
  expect(decisionIn(own, said)).toEqual({ act: { act: "decide", outcome }, comment });
});

it.each<Json>([
  "maybe",
  "yes, but only five",
  "no problem",
  "",
  42,
  "[]",
  `no${" ".repeat(50_000)}x`,
  { outcome: "later" },
])("%j is no decision, and what may be chosen is said", (said) => {
  expect(() => decisionIn(usual, said)).toThrow(/choose of approve, reject/);
});

it("a yes is no decision where nobody has named one", () => {
  expect(() => decisionIn(own, "yes")).toThrow(/choose of Ship, Hold/);
});
