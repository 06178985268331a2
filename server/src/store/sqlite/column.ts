/**
 * The door for single columns inside the worker threads, which load no schema library: that takes longer than all the
 * rest of their start (80 ms), and a check on every guard of every write.
 */
import { STATES, type State } from "../../task/states.ts";

/** A column holds a value that its table would not take: the row is damaged. */
export class WrongColumn extends Error {}

/** The same for a sum over other rows, which can be counted again. */
export class WrongCount extends WrongColumn {}

export function countIn(value: unknown): number {
  if (typeof value !== "number") throw new WrongCount(`What was counted is no number: ${String(value)}.`);
  return value;
}

export function numberIn(value: unknown): number {
  if (typeof value !== "number") throw new WrongColumn(`A column holds no number: ${String(value)}.`);
  return value;
}

/** A number that is summed: one beyond the safe integers would make a sum that no table takes. */
export function sizeIn(value: unknown): number {
  const size = numberIn(value);
  if (!Number.isSafeInteger(size)) throw new WrongColumn(`A column holds no size: ${size}.`);
  return size;
}

/** No row was given a number beyond it, so one that has it is damaged. What is counted on from it are safe integers. */
export const GIVEN_MAX = 1e15;

export function textIn(value: unknown): string {
  if (typeof value !== "string") throw new WrongColumn(`A column holds no text: ${String(value)}.`);
  return value;
}

export function bytesIn(value: unknown): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new WrongColumn(`A column holds no bytes: ${String(value)}.`);
  return value;
}

export function maybeNumberIn(value: unknown): number | null {
  return value === null ? null : numberIn(value);
}

export function maybeTextIn(value: unknown): string | null {
  return value === null ? null : textIn(value);
}

export function stateIn(value: unknown): State {
  const state = STATES.find((known) => known === value);
  if (state === undefined) throw new WrongColumn(`A column holds no state: ${String(value)}.`);
  return state;
}
