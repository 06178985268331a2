/**
 * Work of other programs. Such a task never runs here: it waits, ready, in the queue of its input until a program claims it, and ends
 * with that program's outcome.
 */
import { z } from "zod";
import { defineHandler, type Handler } from "../../task/handler.ts";
import { json } from "../../task/json/json.ts";
import type { Part } from "../../task/part.ts";

/** A queue's name: it stands in paths and logs. */
const queueName = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9._-]{0,62}$/,
    "must be 1 to 63 of a-z, 0-9, '.', '_' and '-', and begin with a letter or digit",
  );

/** The input of kind `external`. */
const externalInput = z.strictObject({
  queue: queueName.default("default"),
  /** For the worker only; Waybill does not look into it. */
  payload: json.default(null),
  /** A title for people. */
  title: z.string().min(1).max(200).optional(),
});

/** The handler of kind `external`. */
export function externalHandler(): Handler {
  return defineHandler({
    kind: "external",
    input: externalInput,
    queueOf: ({ queue }) => queue,
    present: ({ queue, title }) => ({ title: title ?? `Work for ${queue}` }),
    reply: (output): Part[] => [typeof output === "string" ? { text: output } : { data: output }],
    run: async () => {
      throw new Error("A task of kind external is done by the program that claims it.");
    },
  });
}
