import { expect, test } from "vitest";
import { AnswerQueue, type QueuedAnswer } from "./answer-queue.ts";

/** Answers are texts; one is heard as `hear` says. */
function hearing(hear: (answer: string) => void, bytes?: number): AnswerQueue<string> {
  const read = (answers: string): QueuedAnswer<string>[] =>
    answers.split(" ").map((answer) => ({ tenant: answer.split("-")[0], bytes, answer }));
  return new AnswerQueue({ read, hear, rests: () => {} });
}

function answers(tenant: string, count: number): string {
  return Array.from({ length: count }, (_, n) => `${tenant}-${n}`).join(" ");
}

test("the answer of one tenant is heard behind one of another that has hundreds, and each hears its own in order", async () => {
  const heard: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const some = hearing((answer) => {
    if (heard.push(answer) === 402) resolve();
  });
  some.arrived(answers("greedy", 400));
  some.arrived(answers("modest", 2));
  await promise;
  expect(heard.indexOf("modest-0")).toBeLessThan(3);
  expect(heard.indexOf("modest-1")).toBeLessThan(6);
  expect(heard.filter((answer) => answer.startsWith("greedy")).join(" ")).toBe(answers("greedy", 400));
});

test("what answers set off is done in the turns of the event loop in which they are heard, some milliseconds in each", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  let [done, turns] = [0, 0];
  let isOver = false;
  const count = () => {
    turns += 1;
    if (!isOver) setImmediate(count);
  };
  const some = hearing(() => {
    void Promise.resolve()
      .then(() => {})
      .then(() => {
        for (const from = performance.now(); performance.now() - from < 1; );
        done += 1;
        if (done === 100) resolve();
      });
  });
  setImmediate(count);
  some.arrived(answers("greedy", 100));
  await promise;
  isOver = true;
  // Together they take 100 ms of which a turn has 4, and what is under way by then; on a busy machine each may have worked for less.
  expect(turns).toBeGreaterThanOrEqual(3);
});

test.each([
  ["a short turn", 2, 64, 64],
  ["a long turn, half of it", 20, 64, 160],
  ["the longest turn", 1_000, 64, 400],
])("live text is heard behind what sets off more in %s", async (_, betweenMs, others, texts) => {
  let worked = 0;
  const heard = { others: 0, texts: 0 };
  const read = () =>
    Array.from({ length: 4_000 }, (_, n) => ({ tenant: "", bytes: 0, isText: n % 2 === 0, answer: n }));
  // Between two looks at the time sixteen are heard.
  const hear = (answer: number) => {
    heard[answer % 2 === 0 ? "texts" : "others"] += 1;
    worked += 1 / 16;
  };
  const { promise: hasRested, resolve: rests } = Promise.withResolvers<void>();
  const some = new AnswerQueue<number>({ read, hear, rests }, () => worked);
  some.arrived("");
  worked += betweenMs;
  await hasRested;
  expect(heard).toEqual({ others, texts });
});

test("live text is heard beside what is large, of which one is heard a turn", async () => {
  const heard: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const read = (): QueuedAnswer<string>[] =>
    ["large", "large", "large", "text", "text"].map((answer) => {
      const isText = answer === "text";
      return { tenant: answer, bytes: isText ? 10 : 1 << 20, isText, answer };
    });
  let turns = 0;
  const rests = () => {
    turns += 1;
    if (turns === 3) resolve();
  };
  new AnswerQueue<string>({ read, hear: (answer) => heard.push(answer), rests }).arrived("");
  await promise;
  expect(heard).toEqual(["large", "text", "text", "large", "large"]);
});

test("all that have come are heard at once when it is told so", () => {
  const heard: string[] = [];
  const some = hearing((answer) => heard.push(answer), 1 << 20);
  some.arrived(answers("a", 3));
  some.arrived(answers("b", 3));
  some.all();
  expect(heard.sort()).toEqual([...answers("a", 3).split(" "), ...answers("b", 3).split(" ")]);
});
