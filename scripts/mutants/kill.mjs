/** Faults in what callers are told and in what a start does, which kills under load must notice: `node scripts/mutants.mjs --area kill`. */
const file = "server/src/verbs/implementation/task-verbs.ts";
const scheduler = "server/src/engine/embedded/scheduler.ts";
const recovery = "server/src/engine/embedded/recovery.ts";

export const KILL = [
  {
    file,
    name: "three-of-ten-inputs-are-dropped",
    find: "const input = wellFormed(given);\n",
    put: "const input = wellFormed(given);\n    if (Math.random() < 0.3) return { task: await this.get(principal, id), replayed: false };\n",
  },
  {
    file,
    name: "half-of-the-cancels-are-ignored",
    find: 'const command = { do: "cancel", by: principal.user, reason: reasonOf(steering) } as const;\n',
    put: 'const command = { do: "cancel", by: principal.user, reason: reasonOf(steering) } as const;\n    if (Math.random() < 0.5) return { task: await this.get(principal, id), replayed: false };\n',
  },
  {
    file: recovery,
    name: "a-start-forgets-one-of-ten",
    find: "const entry = entryUnread(open, this.#parts.handlers);\n",
    put: "const entry = entryUnread(open, this.#parts.handlers);\n    if (Math.random() < 0.1) return;\n",
  },
  {
    file: scheduler,
    name: "a-start-takes-two-minutes",
    find: "this.#held = this.#stopped;\n    this.#dispatch();",
    put: "setTimeout(() => {\n      this.#held = this.#stopped;\n      this.#dispatch();\n    }, 120_000);",
  },
];
