/** What a column of a row may hold, for the doors of this folder. */
import { z } from "zod";
import { time } from "../../task/time.ts";

export const text = z.string();
export const number = z.number();
export { time };
export const maybeText = text.nullable();
export const maybeNumber = number.nullable();
export const maybeTime = time.nullable();
