/** Faults in how subscribers are told. */
const subscription = "server/src/task/subscription-rules.ts";
const delivery = "server/src/delivery/delivery.ts";
const entries = "server/src/delivery/entries.ts";
const lanes = "server/src/delivery/lanes.ts";
const statements = "server/src/store/sqlite/subscriptions/subscription-statements.ts";
const rows = "server/src/store/codec/subscription-rows.ts";
const client = "server/src/outgoing/guarded-client.ts";
const reach = "server/src/outgoing/reach.ts";
const lease = "server/src/delivery/lease.ts";
const leases = "server/src/store/sqlite/statements.ts";
const attempt = "server/src/delivery/attempt.ts";

export const DELIVERY = [
  {
    file: subscription,
    name: "an-event-is-skipped",
    find: "cursor: seq, announces",
    put: "cursor: seq + 1, announces",
  },
  {
    file: subscription,
    name: "a-gone-receiver-is-tried-on",
    find: "if (status === GONE || isOver) {",
    put: "if (isOver) {",
  },
  {
    file: subscription,
    name: "a-cursor-disables-itself",
    find: "before.standing === null && failures >= failuresMax",
    put: "failures >= failuresMax",
  },
  {
    file: subscription,
    name: "every-failure-under-way-counts",
    find: '(outcome === "retrying" && (before.dueAt ?? 0) > at)',
    put: "false",
  },
  {
    file: subscription,
    name: "a-failing-receiver-is-asked-by-all",
    find: "dueAt: at + retryDelayMs(failures, askedMs, 0.5)",
    put: "dueAt: null",
  },
  {
    file: subscription,
    name: "a-choice-is-of-everybody",
    find: "if (!everybody && task.user !== owner) return false;",
    put: "",
  },
  { file: subscription, name: "children-are-chosen", find: "if (!children && task.isChild) return false;", put: "" },
  {
    file: subscription,
    name: "a-receiver-waits-for-nobody",
    find: "Math.max(spread, Math.min(askedMs ?? 0, ASKED_DELAY_MS_MAX))",
    put: "spread",
  },
  {
    file: delivery,
    name: "receivers-are-told-the-time-of-tasks",
    find: "attempt, at: clock.timeOfDay() });",
    put: "attempt, at: clock.now() });",
  },
  {
    file: delivery,
    name: "an-enabled-one-stays-still",
    find: "else void this.#track(this.#enterCursors(key));",
    put: "",
  },
  {
    file: entries,
    name: "what-finds-no-room-is-forgotten",
    hangs: true,
    find: "else if (cursors.left === null || key < cursors.left) cursors.left = key;",
    put: "",
  },
  {
    file: delivery,
    name: "what-made-room-hears-no-news",
    hangs: true,
    find: "if (this.#entries.haveMadeRoom) this.#lookFor(task);",
    put: "",
  },
  {
    file: subscription,
    name: "a-redirect-is-taken",
    find: "status >= 200 && status < 300",
    put: "status >= 200 && status < 400",
  },
  { file: statements, name: "deliveries-have-no-bound", find: "if (n > max)", put: "if (n > max * 10)" },
  { file: rows, name: "a-cursor-does-not-pause", find: "Math.max(own.dueAt ?? 0, of.dueAt)", put: "own.dueAt" },
  {
    file: client,
    name: "a-name-is-not-judged-again",
    find: "for (const address of found) this.#reach.checkAddress(host, address, port);",
    put: "",
  },
  {
    file: reach,
    name: "a-user-in-an-address-is-taken",
    find: 'if (url.username !== "" || url.password !== "")',
    put: "if (false)",
  },
  {
    file: delivery,
    name: "news-of-a-turn-wait-for-others",
    find: "else if (entry.news) this.#ready(entry);\n",
    put: "",
  },
  {
    file: delivery,
    name: "a-start-forgets-who-waits-for-his-retry",
    find: "if (entry && dueAt !== null) this.#wait(entry, dueAt);\n    else if (entry) this.#ready(entry);",
    put: "if (entry && dueAt === null) this.#ready(entry);",
  },
  {
    file: delivery,
    name: "what-was-not-chosen-is-told",
    find: "if (types !== null && !types.includes(event.type)) continue;\n",
    put: "",
  },
  {
    file: delivery,
    name: "a-turn-that-broke-off-is-the-last",
    find: "if (waitUntil !== null) this.#wait(entry, waitUntil);\n    else if",
    put: "if",
  },
  {
    file: delivery,
    name: "what-has-nothing-more-to-tell-is-never-done",
    find: "done: next.ended,",
    put: "done: false,",
  },
  {
    file: lanes,
    name: "one-receiver-takes-all-lanes",
    find: "if ((this.#ofHost.get(host) ?? 0) >= this.#bounds.ofHost) continue;\n",
    put: "",
  },
  {
    file: lanes,
    name: "owners-take-no-turns",
    find: "this.#owners.delete(name);\n        this.#owners.set(name, owner);",
    put: "",
  },
  {
    file: lease,
    name: "a-lease-is-used-to-its-last-moment",
    find: "if (this.#until - this.#clock.now() >= LEFT_MS_MIN) return null;",
    put: "if (this.#until > this.#clock.now()) return null;",
  },
  {
    file: lease,
    name: "who-has-no-lease-tells-all-the-same",
    find: "return (await this.#taking) ? null : this.#clock.now() + STAND_BY_MS;",
    put: "await this.#taking;\n    return null;",
  },
  {
    file: lease,
    name: "a-lease-outlives-its-holder",
    find: "await this.#leases.returnLease(NAME, this.#holder);",
    put: "",
  },
  {
    file: leases,
    name: "a-lease-is-taken-from-its-holder",
    find: "value ->> 'holder' = excluded.value ->> 'holder' OR value ->> 'until' <= ?",
    put: "? > 0",
  },
  {
    file: attempt,
    name: "what-is-under-way-at-a-stop-counts-as-failed",
    find: "signal.throwIfAborted();",
    put: "",
  },
  {
    file: delivery,
    name: "what-is-enabled-is-disabled",
    find: ' || subscription.state === "disabled" || subscription.done)',
    put: " || subscription.done)",
  },
  {
    file: delivery,
    name: "a-cursor-that-changed-is-passed-over",
    find: "if (!(await this.#parts.store.subscriptions.change(after, {}))) entry.news = true;\n    else if",
    put: "if (!(await this.#parts.store.subscriptions.change(after, {}))) return;\n    if",
  },
  {
    file: delivery,
    name: "a-stop-waits-for-no-turn",
    find: "    await Promise.all(this.#turns);\n",
    put: "",
  },
  {
    file: delivery,
    name: "all-pages-but-the-first-are-left",
    find: '      for (const each of page) this.#enterKept(each);\n      from = page.at(-1)?.key ?? "";\n      if (page.length < ENTRIES_PAGE) return;',
    put: "      for (const each of page) this.#enterKept(each);\n      return;",
  },
  {
    file: delivery,
    name: "a-disabled-standing-one-is-told-of-with-each-cursor",
    find: 'before.standing === null ? outcome === "disabled" : changed === "disabled"',
    put: 'outcome === "disabled" || changed === "disabled"',
  },
  {
    file: lease,
    name: "who-has-not-the-right-asks-for-it-with-each",
    find: "    this.#taking ??= this.#take()",
    put: "    this.#taking = this.#take()",
  },
];
