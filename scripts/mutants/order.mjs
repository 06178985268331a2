/** Faults in what waits for what: commits, records, answers and the ends of runs and threads; and in what is told. */

export const ENGINE_ORDER = [
  {
    file: "server/src/engine/execution/step-execution.ts",
    name: "a-call-goes-out-before-it-is-noted-on-disk",
    find: "await this.#run.commit({ journal: [this.#begun()] });",
    put: "void this.#run.commit({ journal: [this.#begun()] });",
  },
  {
    file: "server/src/engine/execution/step-execution.ts",
    name: "a-body-begins-before-the-crash-record-has-it",
    find: "await this.#run.stepBegins(key, name);",
    put: "void this.#run.stepBegins(key, name);",
  },
  {
    file: "server/src/engine/embedded/runner.ts",
    name: "a-run-begins-before-the-crash-record-has-it",
    find: "if (!beginApart) await this.#parts.record.runBegins(id, attempt);",
    put: "if (!beginApart) void this.#parts.record.runBegins(id, attempt);",
  },
  {
    file: "server/src/engine/embedded/attempt-writer.ts",
    name: "what-a-call-had-reserved-is-free-before-its-cost-counts",
    find: "      written.then(\n        () => this.#settle(write.settled),\n        () => {},\n      );",
    put: "      this.#settle(write.settled);",
  },
  {
    file: "server/src/engine/embedded/runner.ts",
    name: "a-run-that-has-ended-keeps-what-it-had-reserved",
    find: "    void run.ended.then(() => port.end());\n",
    put: "",
  },
  {
    file: "server/src/engine/embedded/embedded-engine.ts",
    name: "a-stop-gives-up-what-the-disk-refuses-before-steps-have-ended",
    find: "    await this.#runner.stop(graceMs);\n    this.#refused.stop();\n",
    put: "    this.#refused.stop();\n    await this.#runner.stop(graceMs);\n",
  },
];

export const THREAD_ORDER = [
  {
    file: "server/src/store/sqlite/thread/channel.ts",
    name: "what-has-been-answered-counts-as-waiting",
    find: "    this.#waitingBytes -= caller.text.length;\n",
    put: "",
  },
  {
    file: "server/src/store/sqlite/thread/channel.ts",
    name: "answers-that-have-come-go-with-their-thread",
    find: "    this.#answers.all();\n",
    put: "",
  },
  {
    file: "server/src/store/sqlite/thread/writer.ts",
    name: "an-entry-that-was-not-committed-is-linked-to",
    find: "      this.#audit.rolledBack();\n",
    put: "",
  },
];
