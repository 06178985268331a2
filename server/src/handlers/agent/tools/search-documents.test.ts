import { expect, test } from "vitest";
import type { Citation } from "../../../task/agent/agent.ts";
import { context } from "../fixtures/tool-context.ts";
import { searchDocumentsTool } from "./search-documents.ts";

const passage = {
  vectorStore: "vs_1",
  file: "f1",
  filename: "handbook.pdf",
  page: 12,
  text: "Holidays are 30 days a year.",
  score: 0.8,
};

test("an agent reads the passages with their file and page, and cites them", async () => {
  const asked: unknown[] = [];
  const cited: Citation[] = [];
  const tool = searchDocumentsTool({
    any: async () => true,
    find: async ({ tenant, user }, question) => {
      asked.push([tenant, user, question]);
      return [passage, { ...passage, page: null, filename: "notes.txt" }];
    },
  });
  const prepared = tool.prepare({ query: " holidays ", vector_store: "vs_1" });
  const output = prepared.ok && (await prepared.run({ ...context, cite: (citation) => cited.push(citation) }));
  expect(asked).toEqual([["t", "u", { query: "holidays", vectorStore: "vs_1", within: [], limit: 6 }]]);
  expect(output).toBe(`[handbook.pdf, page 12]\n${passage.text}\n\n[notes.txt]\n${passage.text}`);
  expect(cited).toHaveLength(2);
});

test("an agent is told when no document says anything", async () => {
  const tool = searchDocumentsTool({ any: async () => true, find: async () => [] });
  const prepared = tool.prepare({ query: "unicorns" });
  expect(prepared.ok && (await prepared.run(context))).toBe("No document says anything about that.");
});
