/** What is searched for in stores, where a document that was found cannot be read. */
import { expect, test } from "vitest";
import { Ids, systemRandomBytes } from "../../engine/ids.ts";
import { Damaged } from "../../store/damage.ts";
import { newDocument, newVectorStore } from "../../store/suite/documents.suite.ts";
import { ada, never, Stage } from "../suite/stage.ts";
import { PaidRequests } from "./paid-requests.ts";
import { type Retrieval, StoreSearches } from "./store-searches.ts";

test("a document whose row cannot be read is left out of what is found", async () => {
  const stage = await Stage.open();
  const { store, clock } = stage;
  const [sound, damaged] = [newDocument(), newDocument()];
  const document = async (key: string) => {
    if (key === damaged.key) throw new Damaged(`document ${key}`, new Error("a page of it is damaged"));
    return sound;
  };
  const chunk = { index: 0, page: 0, start: 0, end: 4, text: "Text", tokens: 1 };
  const hitOf = ({ key }: { key: string }) => ({ document: key, chunk, score: 1, attributes: {}, highlights: [] });
  const usual = { model: "none", embed: async () => [], costUsd: () => 0 };
  const retrieval: Retrieval = {
    chunks: { chunks: async () => [], search: async () => [damaged, sound].map(hitOf) },
    embedders: { usual, named: () => null },
    summarize: async () => ({ text: "", model: "none", tokens: 0 }),
  };
  const paid = new PaidRequests(store, clock, new Ids(systemRandomBytes));
  const searches = new StoreSearches({ document }, retrieval, paid, clock);
  const filled = newVectorStore({ counts: { in_progress: 0, completed: 2, failed: 0, cancelled: 0 } });
  const asked = { queries: ["text"], filter: null, scoreMin: 0, limit: 9 };
  const [found] = await searches.of(ada, [filled], asked, never, undefined);
  expect(found?.map(({ documentId }) => documentId)).toEqual([sound.id]);
  await stage.close();
});
