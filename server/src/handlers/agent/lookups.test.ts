import { expect, test } from "vitest";
import type { CountedCall } from "../../task/usage.ts";
import { answering, asking, type Lookups } from "./lookups.ts";

const ada = { tenant: "acme", user: "ada", tier: "poor" };
const passage = { vectorStore: "vs", file: "f", filename: "a.txt", page: 1, text: "Text.", score: 0.5 };
const paid = {
  provider: "p",
  model: "m",
  agent: "",
  inputTokens: 7,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  costUsd: 0.5,
};
const trace = { id: "a".repeat(32), parent: "b".repeat(16), sampled: true, own: true };
const unpaid = () => {};
const question = { query: "what", vectorStore: null, within: ["vs"], limit: 3 };

/** The lookups of a process, over a line to a server that has these. */
function over(lookups: Partial<Lookups["documents"]>, asked: unknown[] = []): Lookups {
  const documents = { any: async () => false, find: async () => [], ...lookups };
  const answer = answering({ documents, directory: { find: async () => null } });
  return asking(
    async (name, given) => {
      asked.push(structuredClone([name, given]));
      return JSON.parse(JSON.stringify(await answer(name, given)));
    },
    () => trace,
  );
}

test("what a process asks is answered as its server would, of the same owner and with the same words", async () => {
  const asked: unknown[] = [];
  const seen: unknown[] = [];
  const { documents, directory } = over(
    {
      any: async ({ user }) => user === "ada",
      find: async (owner, about) => {
        seen.push(owner, about);
        return [passage];
      },
    },
    asked,
  );
  expect(await documents.any(ada)).toBe(true);
  expect(await documents.find(ada, question, new AbortController().signal, unpaid)).toEqual([passage]);
  expect(seen).toEqual([{ ...ada, trace }, question]);
  expect(await directory.find(ada, "nobody")).toBeNull();
  expect(asked.map((each) => (Array.isArray(each) ? each[0] : null))).toEqual([
    "documents.any",
    "documents.find",
    "directory.find",
  ]);
});

test("who waits no longer hears so at once, whatever the server does", async () => {
  const { documents } = over({ find: () => new Promise(() => {}) });
  const leaving = new AbortController();
  const found = documents.find(ada, question, leaving.signal, unpaid);
  leaving.abort(new Error("cancelled"));
  await expect(found).rejects.toThrow("cancelled");
});

test("what a search has cost is told beside what it found, and also where it failed", async () => {
  const heard: CountedCall[] = [];
  const { signal } = new AbortController();
  const { documents } = over({
    find: async ({ user }, _question, _signal, onPaid) => {
      onPaid(paid);
      if (user !== "ada") throw new Error("The index is gone.");
      return [passage];
    },
  });
  expect(await documents.find(ada, question, signal, (call) => heard.push(call))).toEqual([passage]);
  const failed = documents.find({ ...ada, user: "bob" }, question, signal, (call) => heard.push(call));
  await expect(failed).rejects.toThrow("The index is gone.");
  expect(heard).toEqual([paid, paid]);
});
