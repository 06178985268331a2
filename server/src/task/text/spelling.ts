/** What somebody meant who has written a name that there is not. */
import type { z } from "zod";

/** Longer names are no slips of a finger, and comparing them takes long. */
const NAME_CHARS_MAX = 64;
/** Of a list of agents or fields, so many are looked at. */
const KNOWN_MAX = 1_000;

/** The name that is nearest to `word`, where few letters are other than in it. */
export function nearest(word: string, known: Iterable<string>): string | null {
  if (word.length > NAME_CHARS_MAX) return null;
  const wanted = word.toLowerCase();
  let best: string | null = null;
  // A third of its letters may be wrong, and of a short name one.
  let least = Math.max(1, Math.floor(word.length / 3)) + 1;
  let looked = 0;
  for (const name of known) {
    looked += 1;
    if (looked > KNOWN_MAX) break;
    if (Math.abs(name.length - word.length) >= least) continue;
    const slips = slipsBetween(wanted, name.toLowerCase());
    if (slips < least) [best, least] = [name, slips];
  }
  return best;
}

/** ` Did you mean "x"?`, or nothing. */
export function didYouMean(word: string, known: Iterable<string>): string {
  const name = nearest(word, known);
  return name === null ? "" : ` Did you mean "${name}"?`;
}

/** Letters that are missing, too many, other or in the place of their neighbour. */
function slipsBetween(one: string, other: string): number {
  let before: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let i = 1; i <= one.length; i++) {
    const row = [i];
    for (let j = 1; j <= other.length; j++) {
      const isSame = one[i - 1] === other[j - 1];
      const swapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      row[j] = Math.min(
        (last[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (last[j - 1] ?? 0) + (isSame ? 0 : 1),
        swapped ? (before[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    before = last;
    last = row;
  }
  return last[other.length] ?? 0;
}

/**
 * Words for a parse that has failed, where the schema has none of its own: a field that there is not, with the one that was
 * meant, one that is missing, and one that may be of several shapes and is of none.
 */
export const fieldErrors: z.core.$ZodErrorMap = (issue) => {
  if (issue.code === "invalid_type" && issue.input === undefined) return "is missing";
  if (issue.code === "invalid_union") return unionWords(issue);
  if (issue.code !== "unrecognized_keys") return undefined;
  const names = issue.keys.map((key) => `"${key.slice(0, NAME_CHARS_MAX)}"`).join(", ");
  const [only = "", ...more] = issue.keys;
  const meant = more.length > 0 ? null : nearest(only, fieldsOf(issue.inst));
  return `there is no field ${names} here${meant === null ? "" : `: did you mean "${meant}"?`}`;
};

function fieldsOf(schema: unknown): string[] {
  if (typeof schema !== "object" || schema === null || !("shape" in schema)) return [];
  return Object.keys(Object(schema.shape));
}

/** Of an object, what is wrong with the shape that is nearest; of anything else, which shapes there are. */
function unionWords({ errors, input, inst }: z.core.$ZodRawIssue<z.core.$ZodIssueInvalidUnion>): string | undefined {
  const shapes = shapesOf(inst);
  const isObject = typeof input === "object" && input !== null && !Array.isArray(input);
  if (!isObject && shapes.length > 0 && shapes.every((shape) => shape !== "")) return `must be ${shapes.join(" or ")}`;
  if (!isObject) return undefined;
  const slips = (issues: readonly z.core.$ZodIssue[]) => issues.filter(({ path }) => path.length < 2).length;
  const [nearestShape = []] = errors.toSorted((one, other) => slips(one) - slips(other) || one.length - other.length);
  const [first] = nearestShape;
  if (first === undefined) return undefined;
  return first.path.length === 0 ? first.message : `${first.path.map(String).join(".")}: ${first.message}`;
}

/** The fields of each shape that is an object, as `{id}`; an empty text for any other. */
function shapesOf(union: unknown): string[] {
  if (typeof union !== "object" || union === null || !("options" in union) || !Array.isArray(union.options)) return [];
  return union.options.map((option) => {
    const fields = fieldsOf(option);
    return fields.length > 0 ? `{${fields.join(", ")}}` : "";
  });
}
