/** Faults in the writer, in what it adds up, and in the way to its thread and to those that read. */
export const WRITING = [
  {
    file: "server/src/store/sqlite/apply.ts",
    name: "a-message-of-an-agent-is-of-anybody",
    find: 'message.role === "agent" ? at : null',
    put: "at",
  },
  {
    file: "server/src/store/sqlite/apply.ts",
    name: "conversations-that-were-not-committed-count",
    find: "    this.#totals.clear();\n    this.#conversations.clear();",
    put: "    this.#totals.clear();",
  },
  {
    file: "server/src/store/sqlite/held-amounts.ts",
    name: "bytes-that-were-written-are-written-again",
    find: "user, bytes);\n    this.#added.clear();",
    put: "user, bytes);",
  },
  {
    file: "server/src/store/sqlite/tasks/gathered-rows.ts",
    name: "a-batch-that-failed-has-the-newest-task",
    find: "  clear(): void {\n    this.#empty();\n    this.#newest = null;",
    put: "  clear(): void {\n    this.#empty();",
  },
  {
    file: "server/src/store/sqlite/thread/fair-channel.ts",
    name: "a-tenant-has-one-turn",
    find: "        turn.done();\n",
    put: "",
  },
  {
    file: "server/src/store/sqlite/thread/fair-channel.ts",
    name: "one-thread-more-than-may-be",
    find: "this.#all.length >= this.#threadsMax",
    put: "this.#all.length > this.#threadsMax",
  },
  {
    file: "server/src/store/sqlite/thread/writer.ts",
    name: "a-full-disk-is-tried-with-each-call",
    find: "if (calls.length === 1 || isDiskTrouble(codeOf(error)))",
    put: "if (calls.length === 1)",
  },
  {
    file: "server/src/store/sqlite/thread/work-through.ts",
    name: "a-thread-that-ends-does-not-say-so",
    find: "      port.postMessage(null);\n      port.close();",
    put: "      port.close();",
  },
  {
    file: "server/src/store/sqlite/thread/answer-queue.ts",
    name: "who-waits-to-go-out-is-forgotten",
    hangs: true,
    find: "    this.#observer.rests();\n",
    put: "",
  },
];
