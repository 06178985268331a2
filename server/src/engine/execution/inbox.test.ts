import { expect, it } from "vitest";
import type { InboxItem } from "../../store/store.ts";
import type { Heard } from "../../task/people/answer-reading.ts";
import { Inbox } from "./inbox.ts";

const item: InboxItem = { n: 1, messageId: "m1", prompt: "go", question: null, value: "yes", by: "ada", at: 0 };
const go = { name: "go", asks: "answer", text: "Go on?", schema: null } as const;

it("gives an input out once, also when the store still tells it", () => {
  const inbox = new Inbox([item]);
  expect(inbox.take({ key: "/go#0", prompt: go })).toEqual(item);
  inbox.add([item]);
  expect(inbox.take({ key: "/go#1", prompt: go })).toBeUndefined();
});

it("keeps an input that it knows once when the store tells it again", () => {
  const inbox = new Inbox([item]);
  inbox.add([item]);
  expect(inbox.take({ key: "/go#0", prompt: go })).toEqual(item);
  expect(inbox.take({ key: "/go#1", prompt: go })).toBeUndefined();
});

it("gives what was put back to the next question, as it was said", () => {
  const later: InboxItem = { ...item, n: 2, messageId: "m2" };
  const inbox = new Inbox([item, later]);
  const taken = inbox.take({ key: "/go#0", prompt: go });
  inbox.putBack(taken ?? later);
  expect(inbox.take({ key: "/go#1", prompt: go })).toEqual(item);
  expect(inbox.take({ key: "/go#2", prompt: go })).toEqual(later);
});

it("takes of what came before a question with a schema the first that fits it, read as it was said", async () => {
  const count = { name: "count", asks: "answer", text: "How many?", schema: { type: "integer" } } as const;
  const said: Omit<InboxItem, "n" | "messageId">[] = [
    { ...item, prompt: null, value: "many" },
    { ...item, prompt: null, value: "4", answer: "4" },
    { ...item, prompt: null, value: "3" },
    { ...item, prompt: null, value: "2" },
  ];
  const inbox = new Inbox(said.map((each, n) => ({ ...each, n, messageId: `m${n}` })));
  const heard: Heard[] = [];
  const taken = await inbox.takeFitting({ key: "/count#0", prompt: count }, async (_, each) => {
    heard.push(each);
    return each.words && each.value !== "many" ? { answer: Number(each.value) } : null;
  });
  expect(heard).toEqual([
    { value: "many", words: true },
    { value: "4", words: false },
    { value: "3", words: true },
  ]);
  expect(taken).toMatchObject({ item: { n: 2, answer: 3 }, unfit: [0, 1] });
  inbox.putBack({ n: 2 });
  expect(inbox.take({ key: "/next#0", prompt: { ...count, name: "next" } })).toEqual({
    ...said[2],
    n: 2,
    messageId: "m2",
  });
});
