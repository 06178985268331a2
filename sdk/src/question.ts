/** What a task may ask a person, and what sort of answer that wants. */
import type { Prompt } from "./generated/api.ts";

const YES_OR_NO: Readonly<Record<Prompt["asks"], boolean>> = {
  answer: false,
  approval: true,
  authorization: true,
  information: false,
};

const yesOrNo: ReadonlyMap<string, boolean> = new Map(Object.entries(YES_OR_NO));

/** True for questions that yes and no answer. What a newer server may ask beside these wants words. */
export function isYesOrNo(asks: string): boolean {
  return yesOrNo.get(asks) ?? false;
}
