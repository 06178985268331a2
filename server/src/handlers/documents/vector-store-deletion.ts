/** The handler of kind `vector_store_deletion`: removes the rest of a store that its owner has removed. */
import { documentInputs } from "../../task/documents/document.ts";
import { defineHandler, type Handler } from "../../task/handler.ts";
import type { DocumentParts } from "./parts.ts";
import { titled } from "./title.ts";

export function vectorStoreDeletion({ documents }: DocumentParts): Handler {
  return defineHandler({
    kind: "vector_store_deletion",
    input: documentInputs.vector_store_deletion,
    present: ({ subject }) => titled("Clear up behind the vector store", subject),
    run: async (ctx, { vectorStore, id }) => {
      ctx.details({ vector_store_id: id });
      await ctx.step("remove", () => documents.removeVectorStore(vectorStore));
      return { vector_store_id: id, deleted: true };
    },
  });
}
