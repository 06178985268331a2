/** Faults in what runs while its submit is on the way to the disk, which nobody may see before it is there. */
const guard = "server/src/engine/embedded/crash/crash-guard.ts";
const transitions = "server/src/engine/transitions.ts";
const run = "server/src/engine/execution/run.ts";
const runner = "server/src/engine/embedded/runner.ts";
const writer = "server/src/engine/embedded/attempt-writer.ts";
const first = "server/src/engine/first-commit.ts";

export const BEGINNINGS = [
  {
    file: runner,
    name: "the-first-of-a-kind-does-not-wait-for-the-disk",
    find: "this.#isWorthwhile.get(handler) === true && ",
    put: "",
  },
  {
    file: runner,
    name: "what-begins-with-a-step-does-not-wait-for-the-disk",
    find: "isShort && !run.isAtStepAlone",
    put: "isShort",
  },
  {
    file: runner,
    name: "what-computes-for-long-does-not-wait-for-the-disk",
    find: "isShort && !run.isAtStepAlone",
    put: "!run.isAtStepAlone",
  },
  {
    file: guard,
    name: "who-crashes-before-it-is-on-disk-comes-again-and-again",
    find: "    return this.#mayBeginEarly;\n",
    put: "    return true;\n",
  },
  {
    file: transitions,
    name: "a-run-goes-on-whose-submit-was-refused",
    find: "first.settle(applied?.ok ?? false);",
    put: "first.settle(true);",
  },
  {
    file: transitions,
    name: "a-submit-goes-without-waiting-for-its-run",
    find: "      await atRest;\n",
    put: "",
  },
  {
    file: transitions,
    name: "a-submit-fails-by-what-its-run-has-added",
    find: "if (error instanceof Refusal || !first.leave(error)) throw error;",
    put: "throw error;",
  },
  {
    file: run,
    name: "a-body-begins-before-its-task-is-on-disk",
    find: "this.#committed = onDisk ? this.#begun(onDisk) : Promise.resolve();",
    put: "this.#committed = Promise.resolve();",
  },
  {
    file: writer,
    name: "what-a-refused-submit-has-paid-is-written",
    find: "    if (!isTask) return;\n",
    put: "",
  },
  {
    file: first,
    name: "what-a-run-adds-first-is-lost",
    find: "  if (first.artifacts && second.artifacts) write.artifacts = [...first.artifacts, ...second.artifacts];\n",
    put: "",
  },
  {
    file: first,
    name: "what-cannot-be-written-is-tried-once-more",
    find: "    this.#write = this.#submit;\n    this.#others",
    put: "    this.#others",
  },
  {
    file: first,
    name: "what-commits-beside-a-run-is-lost",
    find: "    this.#others.push(...others);\n",
    put: "",
  },
  {
    file: first,
    name: "what-a-run-has-noted-first-is-lost",
    find: "  if (first.journal && second.journal) write.journal = [...first.journal, ...second.journal];\n",
    put: "",
  },
  {
    file: first,
    name: "what-a-run-has-paid-first-is-lost",
    find: "  if (first.usage && second.usage) write.usage = [...first.usage, ...second.usage];\n",
    put: "",
  },
  {
    file: first,
    name: "what-a-submit-says-is-lost-with-its-answer",
    find: "  if (first.messages && second.messages) write.messages = [...first.messages, ...second.messages];\n",
    put: "",
  },
  {
    file: first,
    name: "what-was-refused-is-never-said",
    hangs: true,
    find: "    for (const { reject } of this.#added) reject(error);\n",
    put: "",
  },
];
