/** What does not fit in a request, as FastAPI says it: every fault, each with its place, its words and what was given. */
import type { z } from "zod";
import { Refusal } from "../../task/errors.ts";
import type { JsonObject } from "../../task/json/json.ts";
import type { Fault } from "../route.ts";
import { addWrong, MISSING, NO_DICT, NO_LIST, TOLD_MAX, Wrong } from "./pydantic.ts";

export type ValidationError = {
  type: string;
  loc: (string | number)[];
  msg: string;
  input: unknown;
  ctx?: JsonObject;
};

/** So much of what was given is told with each. */
const INPUT_CHARACTERS_MAX = 16_384;

const NO_MODEL = new Wrong(
  "model_attributes_type",
  "Input should be a valid dictionary or object to extract fields from",
);
const CONTAINER_WRONG: Readonly<Record<string, Wrong>> = { array: NO_LIST, record: NO_DICT };
const EXTRA = new Wrong("extra_forbidden", "Extra inputs are not permitted");

/** A request that does not fit its schema. */
export class Unprocessable extends Refusal {
  readonly errors: readonly ValidationError[];

  constructor(errors: readonly ValidationError[]) {
    // Its errors say where; a stack says nothing more, and takes as long as the rest of it.
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    super("invalid", errors[0]?.msg ?? "The request does not fit.", { field: errors[0]?.loc.join(".") ?? "body" });
    Error.stackTraceLimit = limit;
    this.errors = errors.slice(0, TOLD_MAX);
  }
}

export function invalidRequest(fault: Fault, more?: Fault): Unprocessable {
  return new Unprocessable([...errorsOf(fault), ...(more === undefined ? [] : errorsOf(more))]);
}

/** What fits its schema and is refused all the same: `sent` has what was given. */
export function valueError({ message, detail: { field } }: Refusal, sent: unknown): ValidationError {
  const path = field === undefined ? [] : field.split(".");
  const loc = path.map((key, depth) => (Array.isArray(at(sent, path.slice(0, depth))) ? Number(key) : key));
  const wrong = new Wrong("value_error", `Value error, ${message}`, { error: {} });
  return validationError(wrong, ["body", ...loc], at(sent, path));
}

function errorsOf({ where, issues, value, absent }: Fault): ValidationError[] {
  if (absent) return [validationError(MISSING, [where], null)];
  return issues.slice(0, TOLD_MAX).flatMap((issue) => {
    const loc = [where, ...issue.path.map((key) => (typeof key === "number" ? key : String(key)))];
    const enclosing = () => at(value, issue.path.slice(0, -1));
    if (issue.code === "custom" && typeof issue.params?.["type"] === "string") {
      const { type, ctx, input } = issue.params;
      const wrong = new Wrong(type, issue.message, ctx);
      return [validationError(wrong, loc, type === MISSING.type && input === undefined ? enclosing() : input)];
    }
    const given = at(value, issue.path);
    if (given === undefined) return [validationError(MISSING, loc, enclosing())];
    // The bounds of a list are looked at also where there is no list.
    if ((issue.code === "too_small" || issue.code === "too_big") && !Array.isArray(given)) return [];
    if (issue.code !== "unrecognized_keys") return [validationError(containerWrong(issue, given), loc, given)];
    return issue.keys.slice(0, TOLD_MAX).map((key) => validationError(EXTRA, [...loc, key], at(given, [key])));
  });
}

/** Tells what is wrong within a text that is JSON of a model, below the text's own place. */
export function addErrors(
  context: z.RefinementCtx,
  issues: readonly z.core.$ZodIssue[],
  value: unknown,
  model: string,
): void {
  for (const error of errorsOf({ where: "body", issues, value, absent: false })) {
    const [, ...path] = error.loc;
    const wrong =
      error.type === NO_MODEL.type ? noInstance(path.at(-1), model) : new Wrong(error.type, error.msg, error.ctx);
    addWrong(context, wrong, error.input, path);
  }
}

/** Models have the names of their fields. */
function noInstance(field: string | number | undefined, model: string): Wrong {
  const name =
    typeof field === "string" ? field.replaceAll(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase()) : model;
  return new Wrong("model_type", `Input should be a valid dictionary or instance of ${name}`, { class_name: name });
}

/** What is wrong with an object or a list. */
function containerWrong(issue: z.core.$ZodIssue, given: unknown): Wrong {
  if (issue.code === "invalid_type") return CONTAINER_WRONG[issue.expected] ?? NO_MODEL;
  if (Array.isArray(given) && (issue.code === "too_small" || issue.code === "too_big")) {
    const bound = issue.code === "too_small" ? Number(issue.minimum) : Number(issue.maximum);
    const items = `${bound} item${bound === 1 ? "" : "s"} after validation, not ${given.length}`;
    const actual = { actual_length: given.length };
    return issue.code === "too_small"
      ? new Wrong("too_short", `List should have at least ${items}`, {
          field_type: "List",
          min_length: bound,
          ...actual,
        })
      : new Wrong("too_long", `List should have at most ${items}`, {
          field_type: "List",
          max_length: bound,
          ...actual,
        });
  }
  return new Wrong("value_error", `Value error, ${issue.message}`, { error: {} });
}

function validationError({ type, message, ctx }: Wrong, loc: (string | number)[], given: unknown): ValidationError {
  return { type, loc, msg: message, input: shown(given), ...(ctx !== undefined && { ctx }) };
}

/** What was given, or its beginning. */
function shown(given: unknown): unknown {
  if (given === undefined) return null;
  if (typeof given === "string") return given.slice(0, INPUT_CHARACTERS_MAX);
  try {
    const text = JSON.stringify(given);
    return text.length <= INPUT_CHARACTERS_MAX ? given : text.slice(0, INPUT_CHARACTERS_MAX);
  } catch {
    // Nested too deeply to be written.
    return null;
  }
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  let found = value;
  for (const key of path) {
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, key)) return undefined;
    found = Reflect.get(found, key);
  }
  return found;
}
