/** What the calls of a handler are given, checked at the call: a question, the options of a child. */
import { z } from "zod";
import type { ChildOptions, Question } from "../../task/handler.ts";
import { budget, prompt } from "../../task/task.ts";
import { fitting, msOf, objectIn, RECORD_BYTES_MAX } from "./handed-over.ts";

/** What the entry of an open question holds. */
export const asked = z.object({ prompt, until: z.int().nullable() });
type Asked = z.infer<typeof asked>;

const questionSchema = z.object({
  asks: prompt.shape.asks,
  prompt: z.string(),
  schema: prompt.shape.schema.optional(),
  candidates: prompt.shape.candidates,
});

export function questionOf(
  what: string,
  question: Question,
): z.infer<typeof questionSchema> & { deadlineMs: number | null } {
  const { deadlineMs, ...asked } = objectIn(what, question);
  return {
    ...fitting(what, questionSchema, asked, { bytesMax: RECORD_BYTES_MAX }),
    deadlineMs: deadlineMs === undefined ? null : msOf(`${what}'s deadlineMs`, deadlineMs),
  };
}

export function childOptionsOf(what: string, options: ChildOptions) {
  const { budget: most, deadlineMs } = objectIn(`The options of ${what}`, options);
  return {
    budget: most === undefined ? null : fitting(`The budget of ${what}`, budget, most, { bytesMax: RECORD_BYTES_MAX }),
    deadlineMs: deadlineMs === undefined ? null : msOf(`The deadlineMs of ${what}`, deadlineMs),
  };
}

export function openedAt(
  name: string,
  { asks, prompt, schema, candidates, deadlineMs }: ReturnType<typeof questionOf>,
  now: number,
): Asked {
  return {
    prompt: { name, asks, text: prompt, schema: schema ?? null, ...(candidates && { candidates }) },
    until: deadlineMs === null ? null : now + deadlineMs,
  };
}

/** Runs `take` now, and returns how to get what it returned, or what it threw. */
export function outcomeOf<Value>(take: () => Value): () => Value {
  try {
    const value = take();
    return () => value;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}
