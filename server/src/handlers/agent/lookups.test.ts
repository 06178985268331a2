import { expect, test } from "vitest";
import { answering, asking, type Lookups } from "./lookups.ts";

const ada = { tenant: "acme", user: "ada" };
const passage = { vectorStore: "vs", file: "f", filename: "a.txt", page: 1, text: "Text.", score: 0.5 };
const question = { query: "what", vectorStore: null, within: ["vs"], limit: 3 };

/** The lookups of a process, over a line to a server that has these. */
function over(lookups: Partial<Lookups["documents"]>, asked: unknown[] = []): Lookups {
  const documents = { any: async () => false, find: async () => [], ...lookups };
  const answer = answering({ documents, directory: { find: async () => null } });
  return asking(async (name, given) => {
    asked.push(structuredClone([name, given]));
    return JSON.parse(JSON.stringify(await answer(name, given)));
  });
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
  expect(await documents.find(ada, question, new AbortController().signal)).toEqual([passage]);
  expect(seen).toEqual([ada, question]);
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
  const found = documents.find(ada, question, leaving.signal);
  leaving.abort(new Error("cancelled"));
  await expect(found).rejects.toThrow("cancelled");
});
