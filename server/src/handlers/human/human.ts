/**
 * Work of people. Such a task never runs here and takes no slot: it asks from its first moment on, and ends by the acts of people on
 * it, see `task/people/human-acts.ts`.
 */
import { z } from "zod";
import { defineHandler, type Handler } from "../../task/handler.ts";
import { HUMAN_KIND, humanInput } from "../../task/people/human.ts";

/** The part of its end that a conversation tells. */
const ended = z.object({ outcome: z.string().nullable(), by: z.string(), comment: z.string() });

export function humanHandler(): Handler {
  return defineHandler({
    kind: HUMAN_KIND,
    input: humanInput,
    present: ({ title, description }) => ({
      title,
      message: [{ text: description === "" ? title : `${title}\n\n${description}` }],
    }),
    reply: (output) => {
      const { outcome, by, comment } = ended.parse(output);
      return [{ text: `${outcome ?? "skipped"} (${by})${comment === "" ? "" : `: ${comment}`}` }];
    },
    run: async () => {
      throw new Error("A task of kind human is done by people.");
    },
  });
}
