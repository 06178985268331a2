/** Faults in whose turn is next where one thing is done after the other, and in what answers hold meanwhile. */
export const FAIRNESS = [
  {
    file: "server/src/task/fair-queue.ts",
    name: "whoever-comes-again-at-once-is-next-again",
    find: "if (waiting[0] !== this.#last) return waiting;",
    put: "return waiting;",
  },
  {
    file: "server/src/task/fair-places.ts",
    name: "what-is-slow-takes-places-in-the-order-of-a-crowd",
    find: "this.#waiting.push(tenant, begin);",
    put: 'this.#waiting.push("", begin);',
  },
  {
    file: "server/src/task/fair-places.ts",
    name: "whoever-gives-up-its-place-in-a-line-holds-it-for-ever",
    hangs: true,
    find: "if (this.#waiting.remove(tenant, begin)) reject(signal?.reason);",
    put: "reject(signal?.reason);",
  },
  {
    file: "server/src/task/fair-places.ts",
    name: "a-crowd-takes-what-is-in-reserve",
    find: "(this.#taken.has(tenant) ? 0 : this.#reserve)",
    put: "this.#reserve",
  },
  {
    file: "server/src/lenses/body/long-answers.ts",
    name: "answers-that-nobody-takes-hold-any-amount",
    find: "    while (this.#characters > this.#charactersMax) this.#letOneGo();\n",
    put: "",
  },
  {
    file: "server/src/lenses/body/long-answers.ts",
    name: "whoever-holds-little-loses-its-answer-to-a-crowd",
    find: ".sort(([, a], [, b]) => b.characters - a.characters)",
    put: ".sort(([, a], [, b]) => a.characters - b.characters)",
  },
  {
    file: "server/src/lenses/body/long-answers.ts",
    name: "an-answer-that-is-over-holds-its-value-for-ever",
    find: "if (!body.destroyed) this.#add(tenant, held);",
    put: "this.#add(tenant, held);",
  },
  {
    file: "server/src/task/json/own-turns.ts",
    name: "long-values-are-made-in-the-order-of-a-crowd",
    find: "waiting.push(tenant, resolve);",
    put: 'waiting.push("", resolve);',
  },
  {
    file: "server/src/models/offline/offline-model.ts",
    name: "the-offline-model-answers-in-the-order-of-a-crowd",
    find: "places.take(tenantOf(options), options.abortSignal)",
    put: 'places.take("", options.abortSignal)',
  },
  {
    file: "server/src/extraction/process-extraction.ts",
    name: "files-are-read-in-the-order-of-a-crowd",
    hangs: true,
    find: "this.#places.take(tenant, signal)",
    put: 'this.#places.take("", signal)',
  },
  {
    file: "server/src/task/fair-queue.ts",
    name: "a-crowd-opens-before-its-neighbour",
    find: "    this.#waiting.delete(tenant);\n    if (own.length > 0) this.#waiting.set(tenant, own);",
    put: "    if (own.length === 0) this.#waiting.delete(tenant);",
  },
  {
    file: "server/src/task/json/json-pieces.ts",
    name: "every-reader-of-an-answer-holds-a-large-piece",
    find: "const PIECE_CHARACTERS = 64 << 10;",
    put: "const PIECE_CHARACTERS = 512 << 10;",
  },
];
