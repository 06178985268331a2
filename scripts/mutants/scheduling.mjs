/** Faults in who runs when: queue, slots, waits, claims and the start after a crash. */
const scheduler = "server/src/engine/embedded/scheduler.ts";
const slots = "server/src/engine/embedded/slots.ts";
const queue = "server/src/engine/embedded/ready-queue.ts";
const waits = "server/src/engine/embedded/wait-completion.ts";
const recovery = "server/src/engine/embedded/recovery.ts";
const loadOrder = "server/src/engine/embedded/load-order.ts";
const runner = "server/src/engine/embedded/runner.ts";
const placement = "server/src/engine/embedded/placement.ts";
const claims = "server/src/engine/embedded/claims.ts";
const transitions = "server/src/engine/transitions.ts";
const backoff = "server/src/engine/backoff.ts";
const verdict = "server/src/engine/embedded/crash/crash-verdict.ts";
const open = "server/src/engine/embedded/open-tasks.ts";
const guard = "server/src/engine/embedded/crash/crash-guard.ts";
const retention = "server/src/engine/embedded/retention.ts";
const cleanup = "server/src/engine/embedded/cleanup.ts";
const descendants = "server/src/engine/embedded/descendants.ts";
const order = "server/src/engine/embedded/conversation-order.ts";
const interruption = "server/src/engine/embedded/interruption.ts";
const isolation = "server/src/engine/embedded/crash/isolation.ts";
const submission = "server/src/verbs/implementation/submit-task.ts";
const work = "server/src/verbs/implementation/work-verbs.ts";

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: these are texts of other files
export const SCHEDULING = [
  {
    file: "server/src/engine/embedded/attempt-writer.ts",
    name: "a-stop-sends-what-runs-back-into-the-queue",
    find: "this.#isStopping()\n",
    put: "false\n",
  },
  {
    file: open,
    name: "no-turn-in-a-conversation-is-waited-for",
    hangs: true,
    find: "&& (!entry.inTurn || this.#order.isFirst(entry))",
    put: "",
  },
  {
    file: placement,
    name: "whose-turn-it-is-by-now-is-not-placed",
    find: "if (next) this.place(next);",
    put: "",
  },
  {
    file: order,
    name: "the-oldest-of-a-conversation-is-the-last",
    find: "each.number < first.number) first = each;",
    put: "each.number > first.number) first = each;",
  },
  {
    file: transitions,
    name: "a-turn-is-not-guarded-in-the-commit",
    find: 'return begins ? { turn: "first" } : {};',
    put: "return begins ? {} : {};",
  },
  {
    file: interruption,
    name: "nobody-is-interrupted",
    find: "for (const before of here) cancel(before);",
    put: "for (const before of [...here].slice(1)) cancel(before);",
  },
  {
    file: "server/src/engine/embedded/interruption.ts",
    name: "who-sleeps-is-not-interrupted",
    find: "if (!here.has(before)) cancel(before);",
    put: "if (here.has(before)) cancel(before);",
  },
  {
    file: open,
    name: "a-moment-is-told-once-whatever-the-clock-does",
    find: "if (entry.dueAt !== null && entry.dueAt > this.#clock.now()) this.#due.tellAgain(entry.id);",
    put: "",
  },
  {
    file: transitions,
    name: "a-task-goes-back-to-what-text-has-made-of-it",
    find: "const isOvertaken = known !== undefined && known.revision > task.revision;",
    put: "const isOvertaken = false;",
  },
  {
    file: "server/src/engine/transitions.ts",
    name: "a-limit-ends-what-the-clock-was-set-forward-over",
    find: "leaptMs > 0 ? { ...command, leaptMs } : command",
    put: "command",
  },
  {
    file: waits,
    name: "a-parent-asks-what-was-answered-as-it-was-told",
    find: "!isAsked && !this.#relaying.has(child) && !(task && asks(task))",
    put: "!isAsked && !(task && asks(task))",
  },
  {
    file: recovery,
    name: "a-new-tenant-waits-for-what-others-have",
    find: "if (!may && this.#changed?.has(entry.id)) this.#askOf(entry.tenant);",
    put: "",
  },
  {
    file: recovery,
    name: "an-answer-before-its-question-is-not-looked-for-on-disk",
    find: "await this.#inTurns(await this.#again(() => store.toldAsleep()), (id) => waits.atRest(id));",
    put: "",
  },
  {
    file: waits,
    name: "a-child-outlives-the-parent-that-ended-unseen",
    find: "if (task.parent !== null && (await this.#isTerminal(task.parent))) return;",
    put: "",
  },
  {
    file: loadOrder,
    name: "a-task-goes-before-those-that-are-on-their-way",
    find: "!entry.inTurn && this.#isReached(entry) && this.#isBelowOpen(entry)",
    put: "!entry.inTurn && this.#isBelowOpen(entry)",
  },
  {
    file: scheduler,
    name: "what-is-early-is-never-looked-at-again",
    find: "      if (!this.#mayGo(entry)) continue;\n",
    put: "      if (!this.#mayGo(entry) || this.#early.size > 0) continue;\n",
  },
  {
    file: recovery,
    name: "a-start-interrupts-nobody",
    find: "if (task) interruption.of(task);",
    put: "",
  },
  {
    file: scheduler,
    name: "a-slot-is-never-given-back",
    find: "void left.then((how) => {\n      this.#slots.release(id);",
    put: "void left.then((how) => {",
  },
  {
    file: scheduler,
    name: "what-became-ready-in-its-slot-is-forgotten",
    find: 'if (how === "here" && !this.#stopped) this.#enqueueAgain(id);',
    put: "",
  },
  {
    file: scheduler,
    name: "a-run-is-started-beside-itself",
    hangs: true,
    find: 'entry.doneBy !== "handler" || this.#slots.holds(entry.id)',
    put: 'entry.doneBy !== "handler"',
  },
  {
    file: scheduler,
    name: "a-refused-submit-keeps-its-slot",
    find: "unreserve(id: TaskId): void {\n    this.#slots.release(id);",
    put: "unreserve(id: TaskId): void {\n    this.#slots.holds(id);",
  },
  {
    file: slots,
    name: "one-slot-too-many",
    find: "this.#held.size >= this.#limits.total + this.#limits.reserve",
    put: "this.#held.size > this.#limits.total + this.#limits.reserve",
  },
  {
    file: slots,
    name: "no-limit-of-a-tenant",
    find: "return own < ofTenant && this.#held.size < total;",
    put: "return this.#held.size < total;",
  },
  {
    file: queue,
    name: "the-youngest-first",
    find: "return item.createdAt < than.createdAt ||",
    put: "return item.createdAt > than.createdAt ||",
  },
  { file: queue, name: "the-lowest-priority-first", find: "sort((a, b) => b - a)", put: "sort((a, b) => a - b)" },
  {
    file: queue,
    name: "no-turns-between-tenants",
    find: "this.#values.delete(key);\n      if (!isEmpty(value)) this.#values.set(key, value);",
    put: "if (isEmpty(value)) this.#values.delete(key);",
  },
  {
    file: waits,
    name: "a-child-that-ended-before-the-wait-is-missed",
    find: "if (child === null) return this.#wake(task.id, wait.key);",
    put: "if (child === null) continue;",
  },
  {
    file: waits,
    name: "a-refused-wake-is-not-made-again",
    find: "if (this.#stopped || !isPassing(error)) return;",
    put: "return;",
  },
  {
    file: waits,
    name: "a-lease-never-runs-out",
    find: "else if (isLeaseLost(task, now)) await claims.loseLease(task);",
    put: "",
  },
  {
    file: recovery,
    name: "what-ran-before-the-crash-stands-still",
    find: 'else if (entry.state === "running") this.#interrupted.add(entry.id);',
    put: "",
  },
  {
    file: recovery,
    name: "an-old-page-undoes-what-has-changed-since",
    find: "if (!this.#changed?.has(open.id)) this.#takeIn(open);",
    put: "this.#takeIn(open);",
  },
  {
    file: recovery,
    name: "what-is-resumed-before-all-are-there-stands-still",
    find: "    this.#resumed.add(task);\n",
    put: "",
  },
  {
    file: transitions,
    name: "a-cancel-is-answered-before-its-tree-has-ended",
    find: "    await this.#orphanEnds.all(id);\n",
    put: "",
  },
  {
    file: "server/src/engine/embedded/claims.ts",
    name: "work-is-given-out-before-the-oldest-is-there",
    find: "    if (mayGo(entry)) this.#makeReady(entry, this.#queue(key));\n    else this.#early.set(entry.id, entry);",
    put: "    this.#makeReady(entry, this.#queue(key));",
  },
  {
    file: waits,
    name: "a-parent-looks-at-itself-for-each-child-that-asks-nothing",
    find: "if (asks(child) || this.#relaying.has(child.id)) this.relay(child);",
    put: "this.relay(child);",
  },
  {
    file: recovery,
    name: "a-refusal-behind-a-start-is-the-end-of-what-it-looks-for",
    find: "      this.#serve();\n      this.tellParents();",
    put: "      this.tellParents();",
  },
  {
    file: recovery,
    name: "parents-are-not-told-after-a-crash",
    find: "      this.tellParents();\n",
    put: "",
  },
  {
    file: recovery,
    name: "a-paused-task-never-comes-to-rest-after-a-crash",
    find: 'await transitions.change(id, { do: "suspend", attempt: task.attempt, waits: [], checkpoint: "restart" });',
    put: "",
  },
  {
    file: runner,
    name: "a-pause-does-not-reach-its-run",
    find: 'else if (task.state === "paused") run.pause();',
    put: "",
  },
  {
    file: runner,
    name: "a-resume-does-not-reach-its-run",
    find: 'else if (task.state === "running" && !this.#stopping) run.resume();',
    put: "",
  },
  {
    file: runner,
    name: "a-cancel-does-not-reach-its-run",
    find: "if (isTerminal(task.state)) run.cutOff(`The task is ${task.state}.`);\n    else if",
    put: "if",
  },
  {
    file: placement,
    name: "an-ended-task-stays-in-the-queue",
    find: "scheduler.withdraw(id);\n    claims.withdraw(id);\n    open.forget(id);",
    put: "open.forget(id);",
  },
  {
    file: placement,
    name: "a-task-that-goes-back-to-the-disk-stays-in-memory",
    find: 'if (put === "left" && before === undefined) {',
    put: 'if (put === "left") {',
  },
  { file: claims, name: "a-refused-claim-loses-its-task", find: "this.#putBack(entry, key);", put: "" },
  { file: transitions, name: "a-stale-guard-is-a-failure", find: "const TRIES = 3;", put: "const TRIES = 1;" },
  {
    file: transitions,
    name: "nobody-is-told",
    find: "this.#observer.changed(isOvertaken ? { ...change, before: known, task: known } : change);",
    put: "",
  },
  {
    file: transitions,
    name: "the-cache-keeps-what-was",
    find: "\n    else if (!isOvertaken) this.#cache.put(task);",
    put: "",
  },
  {
    file: transitions,
    name: "a-paid-call-counts-twice",
    find: "calls.filter((call, at) => !counted.has(call.key) && calls.findIndex(({ key }) => key === call.key) === at)",
    put: "[...calls]",
  },
  { file: backoff, name: "the-delay-does-not-grow", find: "baseMs * 2 ** Math.min(tries - 1, 40)", put: "baseMs" },
  {
    file: backoff,
    name: "retry-after-is-not-kept",
    find: "return Math.max(atLeastMs, Math.round(full * (0.5 + random / 2)));",
    put: "return Math.round(full * (0.5 + random / 2));",
  },
  {
    file: verdict,
    name: "a-kill-from-outside-is-blamed",
    find: "const isBlamed = flight !== undefined && mayBlame(death.how);",
    put: "const isBlamed = flight !== undefined;",
  },
  { file: verdict, name: "the-guilty-are-never-found", find: "const ALONE_MAX = 3;", put: "const ALONE_MAX = 1_000;" },
  {
    file: guard,
    name: "a-kill-holds-suspects-back",
    find: 'if (end.how !== "own") return this.#offer(staying);',
    put: "",
  },
  {
    file: guard,
    name: "company-hides-the-guilty-for-ever",
    find: "const isCompany = this.isWary && task.attempt > 0;",
    put: "const isCompany = false;",
  },
  {
    file: isolation,
    name: "halves-wait-for-a-process",
    find: "const PROCESSES_MAX = 12;",
    put: "const PROCESSES_MAX = 4;",
  },
  {
    file: recovery,
    name: "time-moves-tasks-before-their-parents-are-known",
    find: "    await this.#readAbove();\n    if (this.#stopped) return false;\n    this.#parts.open.start();",
    put: "    this.#parts.open.start();\n    await this.#readAbove();\n    if (this.#stopped) return false;",
  },
  { file: open, name: "a-deadline-is-not-watched", find: "this.#deadlines.set(entry.id, entry.deadlineAt);", put: "" },
  {
    file: claims,
    name: "a-claim-ignores-its-key",
    find: "if (this.#parts.keys.take(entry)) {",
    put: "if (this.#parts.keys.take(entry) || entry) {",
  },
  {
    file: claims,
    name: "who-waits-for-work-is-not-woken",
    find: "queue.ready.push(entry);\n    wakeOne(queue);",
    put: "queue.ready.push(entry);",
  },
  {
    file: claims,
    name: "who-was-woken-wakes-no-other",
    find: "if (queue && !this.#isHeld && queue.ready.size + queue.returned.length > 0) wakeOne(queue);",
    put: "",
  },
  {
    file: claims,
    name: "a-claim-gives-more-than-was-asked-for",
    find: "while (tasks.length < claim.max) {",
    put: "while (tasks.length <= claim.max) {",
  },
  {
    file: retention,
    name: "a-sweep-comes-once",
    find: ".finally(() => !this.#stopped && this.start());",
    put: ";",
  },
  {
    file: retention,
    name: "a-sweep-takes-one-page-alone",
    find: "for (let last = SWEEP_TASKS; last >= SWEEP_TASKS && !this.#stopped; removed += last) {",
    put: "for (let last = SWEEP_TASKS; last > removed && removed === 0 && !this.#stopped; removed += last) {",
  },
  {
    file: cleanup,
    name: "what-was-completed-is-cleaned-up",
    find: 'isTerminal(task.state) && task.state !== "completed" && change.before !== null',
    put: "isTerminal(task.state) && change.before !== null",
  },
  {
    file: cleanup,
    name: "a-cleanup-names-the-tasks-of-others",
    find: "if (task && isCleanedBy(ctx.task, task)) await",
    put: "if (task) await",
  },
  {
    file: descendants,
    name: "a-refused-page-of-a-tree-is-forgotten",
    find: "for (const parent of refused) this.#later(parent);",
    put: "for (const parent of refused) this.#finish(parent);",
  },
  {
    file: recovery,
    name: "a-stop-between-a-question-and-its-parents-loses-it",
    find: "waits.relay({ id, parent });",
    put: "waits.relay({ id, parent: null });",
  },
  {
    file: waits,
    name: "a-parent-that-comes-to-rest-misses-what-its-child-asks",
    find: "if (asks(child) || this.#relaying.has(child.id)) this.relay(child);",
    put: "",
  },
  {
    file: waits,
    name: "a-refused-relay-is-not-made-again",
    find: 'if (parent !== null) this.watch("A parent was not told of a question.", parent, () => this.#relay(parent, id));',
    put: "if (parent !== null) this.#relay(parent, id).catch(() => {});",
  },
  {
    file: runner,
    name: "a-pause-at-once-lets-the-step-go-on",
    find: 'this.#runOf(id)?.cutOff("The task was paused at once.");',
    put: "",
  },
  {
    file: runner,
    name: "a-stop-begins-new-steps",
    find: "for (const run of this.#all()) run.pause();",
    put: "",
  },
  {
    file: claims,
    name: "a-refused-claim-comes-last",
    find: "const entry = queue.returned.shift() ?? queue.ready.pop();",
    put: "const entry = queue.ready.pop() ?? queue.returned.shift();",
  },
  {
    file: claims,
    name: "a-claim-is-made-for-one-who-has-gone",
    find: "const tasks = signal.aborted ? [] : await this.#take(key, claim, signal);",
    put: "const tasks = await this.#take(key, claim, signal);",
  },
  {
    file: claims,
    name: "a-parked-one-that-is-withdrawn-holds-the-others",
    find: "queue.parked.get(limitKey)?.remove(id);\n      // It may have been the one for which its key had room.\n      this.#unpark(limitKey);",
    put: "queue.parked.get(limitKey)?.remove(id);",
  },
  {
    file: work,
    name: "a-heartbeat-counts-for-any-attempt",
    find: "if (task.lease?.worker !== worker || task.attempt !== attempt) throw notHeld(task, worker, attempt);",
    put: "",
  },
  {
    file: work,
    name: "what-was-handed-in-twice-at-once-is-refused",
    find: "if (isHandedIn(now, attempt, by)) return now;",
    put: "",
  },
  {
    file: work,
    name: "whatever-is-handed-in-is-the-same",
    find: "lastClaim?.worker === by.worker && lastClaim.handedIn === by.hash",
    put: "lastClaim?.worker === by.worker && lastClaim.handedIn !== null",
  },
  {
    file: retention,
    name: "a-sweep-leaves-the-records",
    find: "while (after !== null && !this.#stopped) after = await",
    put: "if (after === null) after = await",
  },
  {
    file: retention,
    name: "retention-may-be-shorter-than-a-week",
    find: "this.#keepMs = Math.max(kept.taskDays, RETENTION_DAYS_MIN) * DAY_MS;",
    put: "this.#keepMs = kept.taskDays * DAY_MS;",
  },
  {
    file: order,
    name: "who-has-ended-is-before-the-others",
    find: "if (known instanceof Map) known.delete(id);",
    put: "",
  },
  {
    file: order,
    name: "who-comes-later-is-interrupted-too",
    find: "filter(({ number }) => number < entry.number)",
    put: "filter(({ number }) => number !== entry.number)",
  },
  {
    file: submission,
    name: "who-wants-to-be-alone-is-last",
    find: 'turn: "alone"',
    put: 'turn: "last"',
  },
  {
    file: submission,
    name: "who-waits-for-a-turn-begins-at-once",
    find: "{ ...task, waits: [turnWait(task.createdAt)] }",
    put: "task",
  },
];
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: these are texts of other files
