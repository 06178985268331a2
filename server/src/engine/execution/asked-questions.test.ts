import { expect, it } from "vitest";
import type { InboxItem } from "../../store/store.ts";
import type { OpenQuestion } from "../../task/people/questions.ts";
import { AskedQuestions } from "./asked-questions.ts";
import { Inbox } from "./inbox.ts";

const prompt = { name: "go", asks: "answer", text: "Go on?", schema: null } as const;
const question: OpenQuestion = { on: "input", key: "/go#0", since: 0, until: null, prompt };
const early: InboxItem = { n: 1, messageId: "m1", prompt: null, question: null, value: "yes", by: "ada", at: 0 };
const own: InboxItem = { ...early, n: 2, messageId: "m2", question: question.key, value: "no" };

it("answers a question with what came before it while it was about to be asked", async () => {
  const inbox = new Inbox([early]);
  const questions = new AskedQuestions(
    inbox,
    async (asked) => inbox.take(asked),
    () => {},
  );
  expect(await questions.ask(question)).toEqual(early);
});

it("takes an answer that came for a question of another attempt before this one has asked it again", async () => {
  const inbox = new Inbox([early, own]);
  const questions = new AskedQuestions(
    inbox,
    async (asked) => inbox.take(asked),
    () => {},
  );
  expect(await questions.ask(question)).toEqual(own);
});

it("keeps what came before a question for the next one where the answer comes while it is judged", async () => {
  const inbox = new Inbox([early]);
  const judged = Promise.withResolvers<void>();
  const takeAnswer = async () => {
    const item = inbox.take({ key: "another", prompt });
    await judged.promise;
    return item;
  };
  const settled: string[] = [];
  const questions = new AskedQuestions(inbox, takeAnswer, (key) => settled.push(key));
  const answer = questions.ask(question);
  inbox.add([own]);
  questions.refill([question], 0);
  expect(await answer).toEqual(own);
  judged.resolve();
  await expect.poll(() => inbox.take({ key: "next", prompt })).toEqual(early);
  expect(settled).toEqual([question.key]);
});
