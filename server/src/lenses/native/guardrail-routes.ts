/** Guardrails, tried on a text. */
import { z } from "zod";
import { GUARDRAIL_KINDS } from "../../task/agent/guardrails.ts";
import { CHECKED_CHARS_MAX } from "../../verbs/guardrails.ts";
import { named } from "../openapi.ts";
import { type Route, route } from "../route.ts";
import { guardrailsOf } from "./agent.ts";
import { guardrails } from "./agent-schema.ts";

const body = named(
  z.strictObject({
    text: z.string().min(1).max(CHECKED_CHARS_MAX),
    in: z
      .enum(["input", "output"])
      .default("output")
      .describe("As if it went into a model and would be blocked, or came out of one and would be cleaned."),
    guardrails: guardrails
      .default({})
      .describe("Besides those that every run of the server has. The three at 0.5, masked, when both are empty."),
  }),
  "GuardrailCheck",
);

const finding = z.strictObject({
  kind: z.enum(GUARDRAIL_KINDS),
  detector: z.string().describe("Who found it: `offline`, or a model by its name."),
  entity: z.string().describe("What it is, in the detector's words."),
  score: z.number(),
  start: z.int().describe("Unicode code points of the text that was sent."),
  end: z.int().describe("Not part of the finding."),
  word: z.string().optional().describe("Absent when a mask removes it."),
  action: z.enum(["blocked", "removed", "masked"]),
});

const checked = named(
  z.strictObject({
    text: z.string().describe("What would be left of it."),
    findings: z.array(finding),
    warnings: z.array(z.strictObject({ id: z.string(), message: z.string() })),
  }),
  "CheckedText",
);

export const guardrailRoutes: readonly Route[] = [
  route({
    method: "POST",
    path: "/v1/guardrails/check",
    id: "checkText",
    scope: "tasks",
    tag: "Guardrails",
    summary: "Try guardrails on a text",
    description:
      "What they would find in it, and what would be left of it. Nothing is kept. `unavailable` when a detector that is a " +
      "model cannot be asked.",
    body,
    answers: [{ status: 200, about: "What was found.", schema: checked }],
    handle: async ({ principal, verbs, body, left }) => {
      const check = { text: body.text, in: body.in, guardrails: guardrailsOf(body.guardrails) };
      const { text, findings, warnings } = await verbs.guardrails.check(principal, check, left());
      const shown = findings.map(({ in: _in, of: _of, ...finding }) => finding);
      return { status: 200, body: { text, findings: shown, warnings } };
    },
  }),
];
