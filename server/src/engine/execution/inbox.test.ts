import { expect, it } from "vitest";
import type { InboxItem } from "../../store/store.ts";
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
  inbox.putBack({ ...(taken ?? later), answer: true });
  expect(inbox.take({ key: "/go#1", prompt: go })).toEqual(item);
  expect(inbox.take({ key: "/go#2", prompt: go })).toEqual(later);
});
