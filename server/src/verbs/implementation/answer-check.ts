/** Whether an answer fits the JSON Schema of its question: checked on arrival, so that a wrong answer leaves the question open. */
import { isDeepStrictEqual } from "node:util";
import { valueTold } from "../../task/agent/agent-message.ts";
import { Refusal } from "../../task/errors.ts";
import type { Json, JsonObject } from "../../task/json/json.ts";
import { type Heard, plainly, type Reading, readingsOf, wantedBy } from "../../task/people/answer-reading.ts";
import { HUMAN_KIND, type HumanAct, humanInput } from "../../task/people/human.ts";
import type { Prompt, Task } from "../../task/task.ts";
import type { Misfit } from "./json-schema.ts";
import { SchemaThread } from "./schema-thread.ts";

const thread = new SchemaThread();

/** Throws `invalid`, naming the field below `field`. An invalid schema checks nothing. */
export async function mustFit(schema: JsonObject | null, value: Json, field: string, tenant: string): Promise<void> {
  const [misfit] = schema === null ? [] : await thread.misfits([{ schema, value }], tenant);
  if (misfit) throw refused(misfit, field);
}

/** As `answerIn`; absent if the code would be given this value anyway. */
export async function givenBy(prompt: Prompt, heard: Heard, tenant: string): Promise<{ answer?: Json }> {
  const answer = await answerIn(prompt, heard, tenant);
  return isDeepStrictEqual(answer, valueTold(heard.value)) ? {} : { answer };
}

/** As `givenBy` for an input before its question: a text that came as JSON stays a text, whatever will be asked. */
export function givenBefore({ value, words = false }: Heard): { answer?: Json } {
  return typeof value === "string" && !words ? { answer: value } : {};
}

/**
 * The answer as its question wants it: the value that is checked is the value that the code gets. Throws `invalid`, with the possible
 * answers, when no reading of it fits.
 */
export async function answerIn(prompt: Prompt, heard: Heard, tenant: string): Promise<Json> {
  if (prompt.schema === null) return plainly(heard);
  const readings = readingsOf(prompt, heard);
  const misfits = await thread.misfits(readings, tenant);
  const answer = readings[misfits.length];
  if (answer !== undefined) return answer.given ?? answer.value;
  throw refused(nearest(misfits, readings), "value", ` ${wantedBy(prompt)}`);
}

/** The reading that came furthest: down to a field, or else to a value of the right type. */
function nearest(misfits: readonly Misfit[], readings: readonly Reading[]): Misfit {
  const far = ({ path }: Misfit, at: number) => 2 * path.length + Number(isOfType(readings[at]));
  const ways = misfits.map((misfit, at) => ({ misfit, far: far(misfit, at) }));
  return ways.reduce((one, other) => (other.far > one.far ? other : one), ways[0] ?? { misfit: NO_WORDS, far: 0 })
    .misfit;
}

function isOfType(reading: Reading | undefined): boolean {
  if (reading === undefined) return false;
  const { value, schema } = reading;
  const is = value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
  return [schema["type"] ?? is].flat().some((type) => type === is || (type === "integer" && is === "number"));
}

const NO_WORDS: Misfit = { path: [], message: "says nothing in words or data." };

/** As `answerIn` for an input before its question; null when it does not fit. */
export async function earlierAnswer(prompt: Prompt, heard: Heard, tenant: string): Promise<{ answer: Json } | null> {
  try {
    return { answer: await answerIn(prompt, heard, tenant) };
  } catch (error) {
    if (error instanceof Refusal && error.code === "invalid") return null;
    throw error;
  }
}

/** `more` is appended to the message. */
function refused({ path, message }: Misfit, field: string, more = ""): Refusal {
  const whole = [field, ...path].join(".");
  const said = more === "" || /[.!?]$/.test(message) ? message : `${message}.`;
  return new Refusal("invalid", `${whole}: ${said}${more}`, { field: whole });
}

/** Checks the payload of a decision in a task of people. */
export async function mustFitForm(
  task: Pick<Task, "tenant" | "kind" | "input">,
  payload: JsonObject,
  field: string,
): Promise<void> {
  await mustFit(formIn(task), payload, field, task.tenant);
}

/**
 * Checks a decision: only the outcome that approves needs all that its form requires. Without a payload of its own, the current one is
 * checked.
 */
export async function mustFillForm(
  task: Pick<Task, "tenant" | "kind" | "input" | "assignment">,
  { outcome, payload }: HumanAct & { act: "decide" },
  field: string,
): Promise<void> {
  const form = formIn(task);
  if (form === null || !task.assignment) return;
  const { required, ...rest } = form;
  const leadsOn = task.assignment.outcomes[0]?.id.toLowerCase() === outcome.toLowerCase();
  if (payload !== undefined) await mustFit(leadsOn ? form : rest, payload, field, task.tenant);
  else if (leadsOn && required !== undefined) await mustFit({ required }, task.assignment.payload, field, task.tenant);
}

/** Throws `invalid` for the input of a task of people whose form cannot check anything. */
export async function mustHaveForm(submitted: { kind: string; input: Json }, tenant: string): Promise<void> {
  const form = formIn(submitted);
  const fault = form && (await thread.fault(form, tenant));
  if (fault !== null) throw new Refusal("invalid", `input.form: ${fault}`, { field: "input.form" });
}

function formIn({ kind, input }: { kind: string; input: Json }): JsonObject | null {
  const read = kind === HUMAN_KIND ? humanInput.safeParse(input) : null;
  return read?.success ? read.data.form : null;
}
