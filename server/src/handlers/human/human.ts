/**
 * Work that people do. Such a task is never run here and takes no slot: it asks from its first moment on, and ends by what
 * people do with it, see `task/people/human-acts.ts`.
 */
import { z } from "zod";
import { defineHandler, type Handler } from "../../task/handler.ts";
import { HUMAN_KIND, humanInput } from "../../task/people/human.ts";

/** As far as its end is told in a conversation. */
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
