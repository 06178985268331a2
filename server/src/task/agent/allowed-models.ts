/**
 * Which language models a caller may have called for it. A list names models as `provider:model`, and a name may end in
 * `*`. Several lists may hold for one caller, of its key and of the shares that the deployment gives: each must name the
 * model. A task keeps those of whoever submitted it, and so do the tasks below it, so that what was let in once asks no
 * other model later.
 */
import { z } from "zod";
import { Refusal } from "../errors.ts";

const NAMES_MAX = 100;

export const modelList = z
  .array(
    z
      .string()
      .max(255)
      .regex(/^[^\s*]+:[^\s*]*\*?$|^\*$/, "is no `provider:model`, which may end in `*`"),
  )
  .min(1)
  .max(NAMES_MAX);

type ModelList = readonly string[];
export type ModelLists = readonly ModelList[];

export function isAllowed(lists: ModelLists, model: string): boolean {
  return lists.every((list) => list.some((name) => covers(name, model)));
}

/** Throws `forbidden` for a model that one of the lists does not name. */
export function mustBeAllowed(lists: ModelLists, model: string): void {
  if (isAllowed(lists, model)) return;
  const list = lists.find((each) => !isAllowed([each], model)) ?? [];
  throw new Refusal("forbidden", `${model} may not be asked with this key. It may ask: ${list.join(", ")}.`);
}

/** The names of `wanted` that `given` does not cover: what a key cannot pass on. */
export function beyond(given: ModelList, wanted: ModelList): string[] {
  return wanted.filter((name) => !given.some((each) => covers(each, name)));
}

/** Whether all that `other`, a model or a name of the same kind, stands for is what `name` stands for. */
function covers(name: string, other: string): boolean {
  return name.endsWith("*") ? other.startsWith(name.slice(0, -1)) : name === other;
}
