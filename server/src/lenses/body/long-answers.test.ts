import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { LongAnswers } from "./long-answers.ts";

function sending(charactersMax: number) {
  const answers = new LongAnswers(charactersMax);
  const gone: string[] = [];
  const send = (tenant: string, name: string, characters: number) => {
    const body = Readable.from(["one"]);
    const answer = { tenant: "", waits: () => {}, goesOn: () => {} };
    answers.made(body, answer, characters);
    answers.sent(body, tenant, () => {
      gone.push(name);
      body.destroy();
    });
    expect(answer.tenant).toBe(tenant);
    answer.waits();
    return { answer, body };
  };
  return { send, gone };
}

test("when answers that nobody takes hold too much, the tenant that holds most loses the one that has stood still for longest", () => {
  const { send, gone } = sending(10);
  const { answer } = send("greedy", "g1", 3);
  send("greedy", "g2", 3);
  send("modest", "m1", 4);
  answer.goesOn();
  answer.waits();
  expect(gone).toEqual([]);
  // Of whoever holds most, not of whoever comes.
  send("modest", "m2", 1);
  expect(gone).toEqual(["g2"]);
  send("greedy", "g3", 3);
  expect(gone).toEqual(["g2", "g1"]);
});

test("an answer that is taken holds nothing meanwhile, and one that is over for good", async () => {
  const { send, gone } = sending(10);
  send("acme", "taken", 9).answer.goesOn();
  const { answer, body } = send("acme", "over", 9);
  body.destroy();
  await new Promise((resolve) => body.once("close", resolve));
  // Its maker is at its last piece still.
  answer.waits();
  send("acme", "next", 9);
  expect(gone).toEqual([]);
});
