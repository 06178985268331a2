/**
 * Waits of a run for a person: a question of the model, and the approval of a call. Neither holds memory while it waits. Both end after
 * 30 minutes, and the run goes on; or when the submit says, and then the run ends too.
 */
import { z } from "zod";
import type { PromptFile } from "../../models/model.ts";
import { messageTold, valueTold } from "../../task/agent/agent-message.ts";
import { type Answer, type Context, type Question, TaskFailure } from "../../task/handler.ts";
import type { Json, JsonObject } from "../../task/json/json.ts";
import { type AttachmentFiles, readAttachments, withBytes } from "./attachment.ts";

export const PERSON_DEADLINE_MS = 30 * 60_000;

/** How much a run may still ask of people. */
export type PersonAllowance = {
  /** Questions and approvals. */
  left: number;
  /** Also those of agents that it consults. Null: it goes on without an answer after a while. */
  answerWithinMs: number | null;
};

/** A question of the model. `choices` are suggestions, not a limit. */
export const personQuestion = z.strictObject({
  question: z.string().min(1).max(4_000).describe("The question, complete: the person sees nothing else."),
  choices: z.array(z.string().min(1).max(200)).max(20).optional().describe("Answers to suggest."),
});

/** The text for the model, and the pictures and PDF files for it. */
export type PersonSaid = { output: string; files: PromptFile[] };

/** Asks, and returns the text for the model. */
export async function askPerson(
  ctx: Context,
  name: string,
  asked: z.infer<typeof personQuestion>,
  people: PersonAllowance,
  files: AttachmentFiles | null,
): Promise<PersonSaid> {
  const choices = (asked.choices ?? []).map((choice) => `\n- ${choice}`).join("");
  const answer = await answerOf(ctx, name, { asks: "answer", prompt: asked.question + choices }, people);
  if (answer !== null) return said(answer, files);
  const output = "Nobody answered within 30 minutes. Go on without the answer and say what you assumed.";
  return { output, files: [] };
}

/** An answer in words, with the text of attached files. */
async function said(answer: Answer, from: AttachmentFiles | null): Promise<PersonSaid> {
  const words = answerText(valueTold(answer.value));
  const { parts } = answer.message ?? messageTold(answer.value);
  const attached = parts.filter((part) => "file" in part);
  if (attached.length === 0) return { output: words, files: [] };
  const { text, files } = readAttachments(await withBytes(attached, from));
  return { output: `${words}\n\n${text}`, files };
}

async function answerOf(
  ctx: Context,
  name: string,
  question: Question,
  { answerWithinMs }: PersonAllowance,
): Promise<Answer | null> {
  const answer = await ctx.waitForInput(name, { ...question, deadlineMs: answerWithinMs ?? PERSON_DEADLINE_MS });
  if (answer !== null || answerWithinMs === null) return answer;
  throw new TaskFailure("deadline", `Nobody answered in time: ${question.prompt}`);
}

const approvalSchema: JsonObject = {
  type: "object",
  properties: { approved: { type: "boolean" }, comment: { type: "string" } },
  required: ["approved"],
};

export type Approval = { approved: true } | { approved: false; told: string };

/** Asks whether a call may be made. Only a clear yes counts. */
export async function askApproval(
  ctx: Context,
  name: string,
  { tool, input }: { tool: string; input: Json },
  people: PersonAllowance,
): Promise<Approval> {
  const prompt = `May the agent call ${tool} with ${JSON.stringify(input)}?`;
  const answer = await answerOf(ctx, name, { asks: "approval", prompt, schema: approvalSchema }, people);
  if (answer === null)
    return { approved: false, told: "Nobody approved this call within 30 minutes: it was not made." };
  const { approved, comment } = readApproval(answer.value);
  if (approved) return { approved };
  return {
    approved,
    told: `A person refused this call: it was not made.${comment === "" ? "" : ` They said: ${comment}`}`,
  };
}

const decision = z.looseObject({
  approved: z.union([z.boolean(), z.string()]).optional(),
  decision: z.string().optional(),
  comment: z.string().optional(),
  reason: z.string().optional(),
  feedback: z.string().optional(),
});

/** A yes in the words of any lens: true, "approve", {approved}, {decision}. Anything else is a no with a comment. */
export function readApproval(answer: Json): { approved: boolean; comment: string } {
  const value = valueTold(answer);
  if (typeof value === "boolean") return { approved: value, comment: "" };
  if (typeof value === "string")
    return isYes(value) ? { approved: true, comment: "" } : { approved: false, comment: value };
  const said = decision.safeParse(value);
  if (!said.success) return { approved: false, comment: "" };
  const { approved, decision: word, comment, reason, feedback } = said.data;
  const yes = approved === true || isYes(String(approved ?? word ?? ""));
  return { approved: yes, comment: comment ?? reason ?? feedback ?? "" };
}

function isYes(word: string): boolean {
  return /^(?:yes|y|ok|okay|true|approved?|allow(?:ed)?)[.!]?$/i.test(word.trim());
}

const worded = z.looseObject({ text: z.string().optional(), answer: z.string().optional() });

/** An answer as text, without the wrapping of its lens. */
function answerText(value: Json): string {
  if (typeof value === "string") return value;
  const said = worded.safeParse(value);
  return (said.success ? (said.data.answer ?? said.data.text) : undefined) ?? JSON.stringify(value);
}
