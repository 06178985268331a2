/** Faults at the doors: in who asks, in what a key may do, and in bodies of JSON. */
const authentication = "server/src/http/keys/authentication.ts";
const principal = "server/src/task/principal.ts";
const values = "server/src/http/body/json-values.ts";
const text = "server/src/http/body/json-text.ts";
const thread = "server/src/http/body/parser-thread.ts";
const lateApp = "server/src/http/late-app.ts";
const arrivals = "server/src/http/arrivals.ts";

export const DOORS = [
  {
    file: "server/src/task/new-task.ts",
    name: "a-plain-submission-may-say-anything-of-its-conversation",
    find: "return named.success ? { ...plain, conversation: wellFormed(named.data) } : null;",
    put: "return { ...plain, conversation };",
  },
  {
    file: arrivals,
    name: "who-has-left-before-an-app-was-made-is-begun",
    find: "if (!request.socket.destroyed) this.#beginsInTurn",
    put: "this.#beginsInTurn",
  },
  {
    file: arrivals,
    name: "any-number-of-a-connection-waits-for-an-app",
    find: "    if (this.#isFull(connection)) return false;\n",
    put: "",
  },
  {
    file: arrivals,
    name: "all-that-have-waited-for-an-app-begin-in-one-turn",
    find: "destroyed) this.#beginsInTurn(request, connection, begin);",
    put: "destroyed) begin();",
  },
  {
    file: arrivals,
    name: "all-that-have-waited-for-an-app-ask-for-their-turn-before-any-has-begun",
    find: "if (turn === null) {\n      begin();",
    put: "if (turn === null) {\n      queueMicrotask(begin);",
  },
  {
    file: lateApp,
    name: "a-body-whose-app-is-not-there-may-crawl",
    find: '    response.once("close", () => unheard.drop(request, network));\n',
    put: "",
  },
  {
    file: "server/src/http/app.ts",
    name: "a-body-whose-path-is-none-may-crawl",
    find: '      if (connection !== undefined) reply.raw.once("close", () => parts.unheard.drop(request.raw, connection.network));\n',
    put: "",
  },
  {
    file: lateApp,
    name: "an-app-that-could-not-be-made-never-is",
    find: "this.#elapsed() >= this.#againAt",
    put: "this.#elapsed() < 0",
  },
  {
    file: lateApp,
    name: "an-app-is-made-for-each-who-comes",
    find: "this.#making ??= this.#ready();",
    put: "this.#making = this.#ready();",
  },
  {
    file: "server/src/http/metrics.ts",
    name: "a-library-that-could-not-be-loaded-never-is",
    find: "    } finally {\n      next = null;\n    }",
    put: "      next = null;\n    } finally {\n    }",
  },
  {
    file: lateApp,
    name: "a-longer-name-is-below-a-prefix",
    find: ' && (path.length === prefix.length || path[prefix.length] === "/")',
    put: "",
  },
  {
    file: lateApp,
    name: "an-escaped-prefix-is-none",
    find: "return decodeURI(path);",
    put: "return path;",
  },
  {
    file: "server/src/http/keys/key-lookups.ts",
    name: "a-right-key-is-a-guess-of-its-address",
    hangs: true,
    find: "    place.count = Math.max(0, place.count - 1);\n",
    put: "",
  },
  {
    file: "server/src/http/network.ts",
    name: "a-translated-address-is-of-its-translator",
    find: ', "64:ff9b:0:0:0:0"',
    put: "",
  },
  {
    file: "server/src/task/text/redaction.ts",
    name: "a-secret-behind-an-escape-is-another-word",
    find: "|\\\\[bfnrtv]",
    put: "",
  },
  {
    file: "server/src/task/text/redaction.ts",
    name: "a-secret-of-the-environment-has-a-digit",
    find: "value.length >= LETTERS_MIN || NO_WORD.test(value)",
    put: "/\\d/.test(value)",
  },
  {
    file: "server/src/lenses/native/errors.ts",
    name: "whoever-is-refused-comes-back-in-a-second",
    find: "  const { retryAfterS: retryAfter } = detail;",
    put: "  const { retryAfterS: retryAfter = 1 } = detail;",
  },
  {
    file: authentication,
    name: "two-right-keys-are-either-of-them",
    find: 'each !== "ended" && each.keyId === principal?.keyId',
    put: 'each !== "ended"',
  },
  {
    file: authentication,
    name: "a-wrong-key-beside-a-right-one-is-looked-over",
    find: "each === null ? isOpen :",
    put: "each === null ? true :",
  },
  {
    file: authentication,
    name: "an-ended-key-beside-a-right-one-is-looked-over",
    find: 'each !== "ended" && each.keyId',
    put: 'each === "ended" || each.keyId',
  },
  {
    file: authentication,
    name: "a-key-is-remembered-longer-than-it-lives",
    find: "Math.min(now() + REMEMBERED_MS, expiresAt ?? Number.POSITIVE_INFINITY)",
    put: "now() + REMEMBERED_MS",
  },
  {
    file: authentication,
    name: "who-was-revoked-while-it-was-looked-up-is-remembered",
    find: "if (ends === endsBefore) remembered.set",
    put: "remembered.set",
  },
  {
    file: principal,
    name: "every-scope-is-that-of-tasks",
    find: 'if (scopes.has(scope) || (scope === "tasks" && scopes.has("tasks:all"))) return;',
    put: 'if (scopes.has(scope) || scopes.has("tasks")) return;',
  },
  {
    file: values,
    name: "values-after-an-escaped-quote-are-not-counted",
    find: "this.#inText = quote === -1;",
    put: "this.#inText = true;",
  },
  {
    file: values,
    name: "lists-have-no-levels",
    find: "byte === OPEN_LIST || byte === OPEN_OBJECT",
    put: "byte === OPEN_OBJECT",
  },
  {
    file: text,
    name: "a-key-named-proto-is-found-when-it-is-plain-alone",
    find: '(text.includes("__proto__") || text.includes("\\\\u"))',
    put: 'text.includes("__proto__")',
  },
  {
    file: text,
    name: "a-mark-of-the-byte-order-is-part-of-the-body",
    find: "text.charCodeAt(0) === 0xfeff ? text.slice(1) : text",
    put: "text",
  },
  {
    file: thread,
    name: "bodies-come-in-the-order-of-a-crowd",
    find: "this.#waiting.push(tenant, waiting);",
    put: 'this.#waiting.push("", waiting);',
  },
  {
    file: thread,
    name: "whoever-waits-behind-a-body-that-kills-the-thread-waits-for-ever",
    find: '      waiting.reject(new Refusal("too_large", "The body has more in it than can be read."));\n      void this.#goOn(performance.now(), waiting);',
    put: '      waiting.reject(new Refusal("too_large", "The body has more in it than can be read."));',
  },
  {
    file: thread,
    name: "the-next-large-body-waits-for-no-answer",
    find: "hasEnded ? null : this.#answerOf(request)",
    put: "null",
  },
  {
    file: thread,
    name: "a-body-whose-caller-has-left-is-read",
    find: "if (!this.#waiting.remove(waiting.tenant, waiting)) return;",
    put: "if (this.#isBusy) return;",
  },
  {
    file: "server/src/http/arrivals.ts",
    name: "a-check-of-health-waits-among-strangers",
    find: "connection.key !== null || isWatching(request.url)",
    put: "connection.key !== null",
  },
  {
    file: "server/src/http/arrivals.ts",
    name: "requests-that-wait-to-be-looked-at-are-none-in-work",
    find: "requestsInWork + arriving >= this.#ofConnectionMax",
    put: "requestsInWork >= this.#ofConnectionMax",
  },
  {
    file: "server/src/http/body/tiny-chunks.ts",
    name: "each-byte-of-a-body-is-heard-by-itself",
    find: "this.#chunks > CHUNKS_FREE",
    put: "this.#chunks < 0",
  },
  {
    file: "server/src/http/body/tiny-chunks.ts",
    name: "crumbs-of-all-connections-are-heard-at-once",
    find: "if (waiting === 1) this.#waitForTurn();",
    put: "if (waiting === 1) void Promise.resolve().then(() => this.join());",
  },
  {
    file: "server/src/http/body/tiny-chunks.ts",
    name: "whose-connection-was-cut-waits-for-a-turn",
    find: "    this.#takeTiny();\n    super._destroy",
    put: "    super._destroy",
  },
  {
    file: "server/src/http/body/tiny-chunks.ts",
    name: "crumbs-of-one-address-come-before-those-of-others",
    find: "    this.#waiting.delete(network);\n    this.#waiting.set(network, own);\n",
    put: "",
  },
];
