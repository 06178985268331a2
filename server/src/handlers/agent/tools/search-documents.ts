/** Searches the vector stores that the owner of the task may see. */
import { z } from "zod";
import type { Citation } from "../../../task/agent/agent.ts";
import type { Context } from "../../../task/handler.ts";
import type { CountedCall } from "../../../task/usage.ts";
import { defineTool, type Tool } from "../tool.ts";

/** With the tier of the key that submitted its task, whose money of the day pays. */
type Owner = Pick<Context["task"], "tenant" | "user"> & Partial<Pick<Context["task"], "tier">>;

/** Agents' searches in the documents of a server. */
export interface DocumentSearch {
  /** Whether the owner has any vector store. */
  any(owner: Owner): Promise<boolean>;
  /**
   * The passages that best answer the question, best first, at most `limit`: of the store of that id or name, or of all that the owner
   * has used last, restricted to those in `within` if there are any. The caller pays for the vectors of the question, and hears of each
   * call by `onPaid`, also when the search fails. Throws `not_found` when there is no such store.
   */
  find(
    owner: Owner,
    question: { query: string; vectorStore: string | null; within: readonly string[]; limit: number },
    signal: AbortSignal,
    onPaid: (call: CountedCall) => void,
  ): Promise<Citation[]>;
}

const QUERY_CHARACTERS_MAX = 4_096;
const PASSAGES = 6;
const NOTHING = "No document says anything about that.";

export const SEARCH_DOCUMENTS = "search_documents";

/** `within` are ids of the only vector stores to search; none: all that the owner of the task may see. */
export function searchDocumentsTool(documents: DocumentSearch, within: readonly string[] = []): Tool {
  return defineTool({
    name: SEARCH_DOCUMENTS,
    description:
      "Searches the user's documents by words and by meaning. Returns passages with the file and the page that they are from; cite these.",
    input: z.object({
      query: z
        .string()
        .trim()
        .min(1)
        .max(QUERY_CHARACTERS_MAX)
        .describe("What to look for, as a question or in words."),
      vector_store: z.string().max(256).optional().describe("Id or name of a store, to search that alone."),
    }),
    retries: 2,
    run: async ({ query, vector_store: vectorStore = null }, { task, signal, cite, usage }) => {
      const passages = await documents.find(task, { query, vectorStore, within, limit: PASSAGES }, signal, usage);
      for (const passage of passages) cite(passage);
      return passages.length === 0 ? NOTHING : passages.map(shown).join("\n\n");
    },
  });
}

function shown({ filename, page, text }: Citation): string {
  return `[${filename}${page === null ? "" : `, page ${page}`}]\n${text}`;
}
