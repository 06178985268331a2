/** Faults in what everybody has of a server: requests, streams, bodies, open tasks, money; and in what agents may reach. */
const owner = "server/src/http/shares/owner.ts";
const admission = "server/src/http/shares/admission.ts";
const share = "server/src/http/shares/share.ts";
const daysMoney = "server/src/engine/embedded/days-money.ts";
const reach = "server/src/task/agent/agent-reach.ts";
const guardedFetch = "server/src/outgoing/guarded-fetch.ts";
const quotas = "server/src/http/shares/quota-counts.ts";
const held = "server/src/store/sqlite/held-amounts.ts";

export const SHARES = [
  {
    file: held,
    name: "acts-of-a-full-owner-are-always-taken",
    find: "!(adds || write.share)",
    put: "!adds",
  },
  {
    file: held,
    name: "whoever-acts-brings-the-bounds-of-another",
    find: "    if (of !== user) return known ?? [day, BOUNDLESS, tenant, user];\n",
    put: "",
  },
  {
    file: held,
    name: "whoever-acts-is-told-that-it-is-full-itself",
    find: 'isOfAnother(owner, write) ? "owner" : "user"',
    put: '"user"',
  },
  {
    file: "server/src/store/sqlite/apply.ts",
    name: "a-repeat-of-a-full-owner-is-an-act",
    find: "if (this.#isDuplicate(",
    put: "if (!write.share && this.#isDuplicate(",
  },
  {
    file: "server/src/verbs/implementation/human-verbs.ts",
    name: "a-full-owner-keeps-its-attachments",
    find: 'this.alongAlways(principal, "detach", id, {})',
    put: 'this.along(principal, "detach", id, {})',
  },
  {
    file: "server/src/verbs/implementation/human-verbs.ts",
    name: "a-vote-on-a-full-owners-task-is-refused",
    find: "isAnswer ? this.alongAlways(...acts)",
    put: "isAnswer ? this.along(...acts)",
  },
  {
    file: "server/src/verbs/implementation/task-verbs.ts",
    name: "an-answer-to-a-full-owners-task-is-refused",
    find: ": this.alongAlways(...acts)",
    put: ": this.along(...acts)",
  },
  {
    file: "server/src/lenses/mount.ts",
    name: "a-file-counts-as-if-it-were-in-memory",
    find: '"form or bytes": readAsFormOrStream',
    put: '"form or bytes": readAsFormOrFields',
  },
  {
    file: "server/src/store/codec/prepare.ts",
    name: "idempotency-keys-count-for-nobody",
    find: "    prepared.bytes += KEY_BYTES + 2 * Buffer.byteLength(scope + key);\n",
    put: "",
  },
  {
    file: owner,
    name: "a-minute-of-requests-never-ends",
    find: "    if (now - this.#minuteFrom >= MINUTE_MS) {",
    put: "    if (this.#minuteFrom < 0) {",
  },
  { file: owner, name: "who-is-at-work-is-forgotten-first", find: "if (owner.isIdle(now)) {", put: "if (owner) {" },
  {
    file: admission,
    name: "an-accepted-key-counts-for-its-address",
    find: "    counted.address.uncount();\n",
    put: "",
  },
  {
    file: admission,
    name: "a-refused-request-counts",
    find: "      for (const each of known) each.uncount(requests);\n",
    put: "",
  },
  {
    file: admission,
    name: "a-stream-is-never-given-back",
    find: "if (isHeld) owner.streams -= 1;\n      else owner.requests -= 1;",
    put: "owner.requests -= 1;",
  },
  {
    file: admission,
    name: "a-search-is-never-given-back",
    find: "      if (isSearch) owner.searches -= 1;\n",
    put: "",
  },
  {
    file: admission,
    name: "a-body-is-never-given-back",
    find: "      owner.bodiesBytes -= bodiesBytes;\n    }\n  }",
    put: "    }\n  }",
  },
  {
    file: "server/src/lenses/body/body-reader.ts",
    name: "a-body-that-is-no-json-counts-for-nobody",
    find: "        hold(chunk.length);\n",
    put: "",
  },
  {
    file: "server/src/lenses/body/form.ts",
    name: "fields-of-forms-count-for-nobody",
    find: "      this.#hold(chunk.length);\n",
    put: "",
  },
  {
    file: admission,
    name: "a-tenant-holds-any-number-of-streams",
    find: "for (const owner of known) {\n    const bound",
    put: "for (const owner of known.slice(0, 1)) {\n    const bound",
  },
  {
    file: share,
    name: "all-tiers-are-one",
    find: "(tier === undefined ? undefined : tiers.get(tier)) ?? key",
    put: "(tier === undefined ? undefined : key) ?? key",
  },
  { file: share, name: "all-tenants-are-one", find: "tenants.get(principal.tenant) ?? tenant", put: "tenant" },
  {
    file: quotas,
    name: "a-quota-counts-what-it-refuses",
    find: "if (usedUp === null) for (const name",
    put: "for (const name",
  },
  {
    file: quotas,
    name: "a-window-of-a-quota-never-ends",
    find: "if (counts[name].window !== window)",
    put: "if (counts[name].window === 0)",
  },
  {
    file: held,
    name: "one-open-task-too-many",
    find: "held[bound] >= most &&",
    put: "held[bound] > most &&",
  },
  {
    file: held,
    name: "what-was-submitted-in-the-same-batch-is-forgotten",
    find: "      amounts.openTasks += opened;",
    put: "",
  },
  { file: held, name: "what-calls-no-model-costs-money", find: ' && !(isFree && bound === "usdPerDay")', put: "" },
  {
    file: "server/src/store/sqlite/apply.ts",
    name: "what-another-process-has-added-is-not-counted",
    find: "    this.#held.forget();\n    this.#standings.forget();\n  }\n\n  /** Something",
    put: "    this.#standings.forget();\n  }\n\n  /** Something",
  },
  {
    file: held,
    name: "what-runs-fills-the-disk",
    find: "if (share === undefined || ALWAYS_TAKEN.has(kind)) return null;",
    put: "if (share === undefined || ALWAYS_TAKEN.has(kind) || state !== null) return null;",
  },
  {
    file: daysMoney,
    name: "money-of-a-day-is-that-of-each-tenants-user",
    find: 'for (const whose of ["user", "tenant"] as const) {',
    put: 'for (const whose of ["user"] as const) {',
  },
  {
    file: daysMoney,
    name: "calls-beside-reserve-nothing-of-a-day",
    find: "from: NO_USAGE, ...taken }",
    put: "from: NO_USAGE, ...taken, reserved: { tokens: 0, costUsd: 0 } }",
  },
  {
    file: reach,
    name: "a-host-is-let-through-by-how-it-ends",
    find: "? host.endsWith(",
    put: "? host.includes(",
  },
  {
    file: reach,
    name: "an-agent-reaches-every-port",
    find: 'if (place.port !== "*" && (place.port ?? usual) !== (port === "" ? usual : port)) return false;',
    put: "",
  },
  {
    file: guardedFetch,
    name: "a-redirect-leads-anywhere",
    find: "const why = refusal(url);",
    put: "const why = redirects === 0 ? refusal(url) : null;",
  },
  {
    file: guardedFetch,
    name: "a-header-names-another-host",
    find: "for (const name of OF_THE_CLIENT) asked.headers.delete(name);",
    put: "",
  },
  {
    file: "server/src/handlers/remote-agent/remote-agent.ts",
    name: "a-remote-agent-is-reached-by-whoever-asks",
    find: 'reachRefusal("the agent that asks", reach, url)',
    put: "(reach && url ? null : null)",
  },
  {
    file: owner,
    name: "streams-open-as-fast-as-they-are-asked-for",
    find: "this.#nextAt[what] = this.#turnAt(what, now) + this.#stepMs(what);",
    put: "this.#nextAt[what] = now;",
  },
  {
    file: admission,
    name: "who-is-refused-takes-a-turn",
    find: "  if (waitMs > TURN_MS_MAX)\n",
    put: "  key.takeTurn(what, now);\n  if (waitMs > TURN_MS_MAX)\n",
  },
  {
    file: "server/src/http/shares/openings.ts",
    name: "all-that-wait-open-in-one-turn",
    find: "for (let n = Math.min(Math.max(fitting, 1), this.#atOnceMax); n > 0; n--) this.#waiting.next();",
    put: "while (this.#waiting.length > 0) this.#waiting.next();",
  },
  {
    file: "server/src/http/shares/in-turn.ts",
    name: "a-crowd-opens-before-its-neighbour",
    find: "    this.#waiting.delete(tenant);\n    if (own.length > 0) this.#waiting.set(tenant, own);",
    put: "    if (own.length === 0) this.#waiting.delete(tenant);",
  },
  {
    file: "server/src/http/shares/beginnings.ts",
    name: "all-requests-that-wait-begin-in-one-turn",
    find: "if (performance.now() < this.#until || workedMs() < this.#untilWorkedMs) this.#waiting.next();",
    put: "this.#waiting.next();",
  },
  {
    file: "server/src/http/shares/beginnings.ts",
    name: "one-request-begins-in-a-turn-of-a-busy-machine",
    find: "performance.now() < this.#until || workedMs() < this.#untilWorkedMs",
    put: "performance.now() < this.#until",
  },
  {
    file: "server/src/http/shares/beginnings.ts",
    name: "whoever-comes-later-begins-before-those-that-wait",
    find: "this.#waiting.length === 0 && now < this.#until ? null",
    put: "now < this.#until ? null",
  },
  {
    file: "server/src/http/shares/beginnings.ts",
    name: "a-turn-of-beginnings-is-never-over",
    find: "    this.#isCounting = length > 0;",
    put: "    this.#isCounting = true;",
  },
  {
    file: "server/src/store/sqlite/thread/hearing.ts",
    name: "answers-are-heard-as-they-came",
    find: 'const { tenant = "" } = heard;',
    put: 'const tenant = "";',
  },
  {
    file: "server/src/store/sqlite/thread/hearing.ts",
    name: "all-answers-are-heard-in-one-turn",
    find: "heard === TOGETHER && workedMs() < this.#until",
    put: "heard === TOGETHER",
  },
  {
    file: "server/src/store/sqlite/thread/fair-channel.ts",
    name: "a-question-waits-for-a-thread-that-starts",
    find: "    const ready = this.#isReady?.(channel);\n    if (ready === undefined) {",
    put: "    const ready = this.#isReady?.(channel);\n    if (true) {",
  },
  {
    file: "server/src/http/connections/connections.ts",
    name: "heads-sent-ahead-are-all-read",
    find: "    leaveUnread(socket);\n",
    put: "",
  },
  {
    file: "server/src/http/connections/listener.ts",
    name: "one-connection-is-heard-a-turn",
    find: "n < SOCKETS_OF_PORT",
    put: "n < 1",
  },
  {
    file: "server/src/http/connections/listener.ts",
    name: "a-port-is-shared-with-another-server",
    find: "await mustBeFree(host, bound);",
    put: "",
  },
  {
    file: "server/src/http/body/unheard-bodies.ts",
    name: "bodies-after-their-answers-come-all-at-once",
    find: "await this.#turns.turn(network);",
    put: "",
  },
  {
    file: admission,
    name: "a-stream-that-may-not-open-takes-a-turn-of-its-tenants",
    find: "  if (waitMs > TURN_MS_MAX)\n",
    put: "  tenant.takeTurn(what, now);\n  if (waitMs > TURN_MS_MAX)\n",
  },
  {
    file: admission,
    name: "whoever-opens-too-many-streams-is-told-a-second",
    find: "retryAfterS: Math.ceil((waitMs - TURN_MS_MAX) / 1_000)",
    put: "retryAfterS: 1",
  },
];
