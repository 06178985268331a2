/** What a column of a row may hold, for the doors of this folder. */
import { z } from "zod";

export const text = z.string();
export const number = z.number();
export const maybeText = text.nullable();
export const maybeNumber = number.nullable();
