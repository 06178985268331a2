import { expect, test } from "vitest";
import { submitted } from "../../task/decide.ts";
import { newTask } from "../suite/new-task.suite.ts";
import { largeValues } from "./prepare.ts";

test("a task may have added to its artifacts hundreds of thousands of times before one commit", () => {
  const artifact = { id: "log", name: "log", parts: [{ text: "." }], append: true, last: false };
  const artifacts = Array.from({ length: 300_000 }, () => artifact);
  expect(largeValues([{ ...submitted(newTask()), artifacts }])).toEqual([]);
});
