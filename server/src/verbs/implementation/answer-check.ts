/** Whether an answer fits the JSON Schema of its question: at the door, so that one that does not leaves the question open. */
import { Refusal } from "../../task/errors.ts";
import { HUMAN_KIND, humanInput } from "../../task/human.ts";
import { isJsonObject, type Json, type JsonObject } from "../../task/json.ts";
import type { Prompt, Task } from "../../task/task.ts";
import { SchemaThread } from "./schema-thread.ts";

const thread = new SchemaThread();

/** Throws `invalid`, naming the field below `field`. A schema that is none judges nothing. */
export async function mustFit(schema: JsonObject | null, value: Json, field: string): Promise<void> {
  const misfit = schema && (await thread.misfit(schema, value));
  if (!misfit) return;
  const path = [field, ...misfit.path].join(".");
  throw new Refusal("invalid", `${path}: ${misfit.message}`, { field: path });
}

/** The same of an answer; a permission may be given in the words of any API. */
export async function mustAnswer({ asks, schema }: Prompt, value: Json): Promise<void> {
  const isPermission = asks === "approval" || asks === "authorization";
  if (!isPermission || !isWord(value)) await mustFit(schema, value, "value");
}

/** The same of what is decided on in a task of people. */
export async function mustFitForm(
  task: Pick<Task, "kind" | "input">,
  payload: JsonObject,
  field: string,
): Promise<void> {
  await mustFit(formIn(task), payload, field);
}

/** Throws `invalid` for the input of a task of people whose form could judge nothing. */
export async function mustHaveForm(submitted: { kind: string; input: Json }): Promise<void> {
  const form = formIn(submitted);
  const fault = form && (await thread.fault(form));
  if (fault !== null) throw new Refusal("invalid", `input.form: ${fault}`, { field: "input.form" });
}

function formIn({ kind, input }: { kind: string; input: Json }): JsonObject | null {
  const read = kind === HUMAN_KIND ? humanInput.safeParse(input) : null;
  return read?.success ? read.data.form : null;
}

function isWord(value: Json): boolean {
  if (typeof value === "string" || typeof value === "boolean") return true;
  if (!isJsonObject(value)) return false;
  const word = value["approved"] ?? value["decision"];
  return typeof word === "string" || typeof word === "boolean";
}
