import { expect, it } from "vitest";
import type { Principal } from "../../task/principal.ts";
import { ada, never, Stage } from "../suite/stage.ts";
import { DocumentSearch } from "./document-search.ts";

it("an agent's search is its owner's, of the tier of the key that its task was submitted with", async () => {
  const stage = await Stage.open();
  const { vectorStores } = stage.verbs;
  const about = { description: "", metadata: {}, expiresAfterMs: null, documentIds: [] };
  await vectorStores.create(ada, "documents", { ...about, id: "vs", name: "Reports" });
  const asking: Principal[] = [];
  const documents = new DocumentSearch();
  documents.over({
    ...vectorStores,
    list: (...asked) => vectorStores.list(...asked),
    searchAll: async (principal) => {
      asking.push(principal);
      return new Map();
    },
  });
  const question = { query: "when", vectorStore: null, within: [], limit: 3 };
  const { tenant, user } = ada;
  for (const tier of [null, "poor"]) await documents.find({ tenant, user, tier }, question, never, () => {});
  await stage.close();
  expect(asking.map((principal) => [principal.user, principal.tier])).toEqual([
    ["ada", undefined],
    ["ada", "poor"],
  ]);
});
