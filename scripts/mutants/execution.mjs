/** Faults in what an attempt does with the calls of its handler. */
const run = "server/src/engine/execution/run.ts";
const context = "server/src/engine/execution/replay-context.ts";
const step = "server/src/engine/execution/step-execution.ts";
const buffer = "server/src/engine/execution/write-buffer.ts";
const journal = "server/src/engine/execution/journal.ts";
const inbox = "server/src/engine/execution/inbox.ts";
const writer = "server/src/engine/embedded/attempt-writer.ts";

export const EXECUTION = [
  {
    file: run,
    name: "a-body-begins-before-its-past-is-on-disk",
    find: "return this.buffer.isEmpty ? this.#committed : this.commit({});",
    put: "return Promise.resolve();",
  },
  {
    file: run,
    name: "unwinds-while-a-step-runs",
    find: "if (this.#inFlight.size > 0) return this.#tell();",
    put: "",
  },
  {
    file: run,
    name: "calls-go-on-while-paused",
    find: "return this.#gate ? this.#gate.promise.then(() => this.open()) : Promise.resolve();",
    put: "this.#gate = null;\n    return Promise.resolve();",
  },
  {
    file: step,
    name: "a-body-begins-after-a-pause",
    find: "if (!this.#run.isHeld) break;",
    put: "break;",
  },
  {
    file: context,
    name: "a-child-begins-after-a-pause",
    find: "await this.#run.durable();\n        await this.#run.open();",
    put: "",
  },
  {
    file: run,
    name: "cut-off-loses-what-was-paid",
    find: "this.bill(this.buffer.take().record.usage ?? []);",
    put: "this.buffer.take();",
  },
  { file: run, name: "spent-does-not-add-up", find: "if (usage) this.#spent = sumOf(this.#spent, usage);", put: "" },
  {
    file: run,
    name: "a-retry-does-nothing-afresh",
    find: "write.journal.push(...this.journal.reopened(this.rejections.callsOf(thrown)));",
    put: "",
  },
  {
    file: context,
    name: "a-done-step-runs-again",
    find: 'if (entry?.state === "done") return entry.result as Result;',
    put: "",
  },
  {
    file: context,
    name: "a-failed-step-runs-again",
    find: 'if (entry?.state === "failed")\n        throw new StepError(entry.error ?? { code: "internal", message: "no reason was recorded" });',
    put: "",
  },
  {
    file: context,
    name: "a-sleep-begins-anew",
    find: "const until = known?.until ?? now + ms();",
    put: "const until = now + ms();",
  },
  { file: context, name: "a-name-in-flight-twice", find: "if (calls.inFlight) {", put: "if (false) {" },
  {
    file: context,
    name: "an-effect-happens-again",
    find: 'if (this.#run.journal.find(this.#path, position, "effect", name, occurrence)) return;',
    put: "",
  },
  {
    file: context,
    name: "parallel-retries-its-first-failure-alone",
    find: "others.flatMap((each) => rejections.callsOf(each)),",
    put: "[],",
  },
  {
    file: context,
    name: "now-is-read-again",
    find: "if (call.entry) return z.number().parse(call.entry.result);\n      const now",
    put: "const now",
  },
  { file: context, name: "a-pause-pauses-at-each-attempt", find: "if (call.entry) return;", put: "" },
  {
    file: step,
    name: "a-failed-try-keeps-its-effects",
    find: "this.#effects = { ...noEffects(), usage: this.#effects.usage };",
    put: "",
  },
  {
    file: step,
    name: "a-step-tries-once-too-often",
    find: "if (retryable && this.tries <= retries) {",
    put: "if (retryable && this.tries <= retries + 1) {",
  },
  {
    file: step,
    name: "text-is-not-taken-back",
    find: "const events: EventDraft[] = this.#spokeBefore\n",
    put: "const events: EventDraft[] = false\n",
  },
  {
    file: step,
    name: "what-was-paid-before-the-cut-is-lost",
    find: "this.#run.bill(this.#effects.usage.splice(0));",
    put: "",
  },
  {
    file: step,
    name: "a-retry-does-not-wait",
    find: "if (this.#until > clock.now()) return this.#waitForRetry();",
    put: "",
  },
  {
    file: buffer,
    name: "text-waits-for-ever",
    find: "    this.#flushText();\n  }\n\n  /** Everything",
    put: "  }\n\n  /** Everything",
  },
  {
    file: buffer,
    name: "text-does-not-wait-for-the-text-before",
    find: "this.#flushes === 0",
    put: "this.#flushes >= 0",
  },
  {
    file: buffer,
    name: "text-that-came-meanwhile-is-left",
    find: "if (!this.#closed) this.#flushText();",
    put: "",
  },
  {
    file: buffer,
    name: "text-of-two-steps-is-one",
    find: "if (this.#live && (this.#live.step !== step || this.#live.agent !== agent)) this.#sealText();",
    put: "",
  },
  {
    file: journal,
    name: "a-journal-that-does-not-fit-is-taken",
    find: "if (entry && (entry.kind !== kind || entry.name !== name || entry.occurrence !== occurrence))",
    put: "if (false)",
  },
  {
    file: journal,
    name: "a-retry-knows-what-followed-the-failure",
    find: "if (isAfter(entry) || this.#layout.forksTo(entry.branch).some(isAfter)) return [leftBehind(entry)];",
    put: "",
  },
  {
    file: journal,
    name: "a-retry-knows-the-branches-that-followed-the-failure",
    find: "isAfter(entry) || this.#layout.forksTo(entry.branch).some(isAfter)",
    put: "isAfter(entry)",
  },
  { file: journal, name: "lines-of-a-failure-hide-those-of-a-success", find: "from(linesOf(branch), lines);", put: "" },
  {
    file: journal,
    name: "branches-that-are-no-more-are-done-anew",
    find: "if (!entry && this.#layout.branchesAt({ branch, position }).length > 0)",
    put: "if (false)",
  },
  {
    file: journal,
    name: "a-step-is-done-anew-in-branches",
    find: "if (entry && !isLeftOver) return mismatchAt(place,",
    put: "if (false) return mismatchAt(place,",
  },
  {
    file: journal,
    name: "a-branch-is-done-anew-under-another-name",
    find: "return other === undefined",
    put: "return true",
  },
  {
    file: journal,
    name: "code-that-asks-for-less-completes",
    find: 'return mismatchAt(last.entry, nameOf(last.entry), "the code now ends without it");',
    put: "return null;",
  },
  {
    file: journal,
    name: "a-branch-whose-key-looks-like-a-place-followed-a-failure",
    find: "if (this.#odd.size === 0) return forks;",
    put: "return forks;",
  },
  {
    file: journal,
    name: "what-an-older-version-left-behind-a-failure-is-missed",
    find: "return position > (this.#retried.get(branch) ?? Number.POSITIVE_INFINITY);",
    put: "return false;",
  },
  {
    file: journal,
    name: "a-branch-whose-key-looks-like-a-place-is-anothers",
    find: "return this.#odd.size > 0 &&",
    put: "return false &&",
  },
  {
    file: context,
    name: "an-effect-that-does-not-fit-may-be-caught",
    find: "if (error instanceof JournalMismatch) return void this.#run.mismatch(error);\n      throw error;",
    put: "throw error;",
  },
  {
    file: journal,
    name: "a-retried-child-keeps-its-failure",
    find: 'const result = entry.kind === "child" ? entry.result : { until: 0, said: true, gaveUpAt: entry.tries };',
    put: "const result = { until: 0, said: true, gaveUpAt: entry.tries };",
  },
  {
    file: inbox,
    name: "an-answer-is-taken-twice",
    find: "!known.has(n) && !this.#taken?.has(n)",
    put: "!known.has(n)",
  },
  {
    file: inbox,
    name: "an-approval-takes-what-came-before",
    find: "if (own || !takesEarlierInput(prompt.asks)) return own;",
    put: "if (own) return own;",
  },
  {
    file: writer,
    name: "an-end-forgets-that-it-is-paused",
    find: 'if (task.state === "paused")\n        return { ...this.#before(write), command: { do: "suspend", attempt, waits: [], checkpoint: "end" } };\n',
    put: "",
  },
  {
    file: writer,
    name: "one-try-too-many",
    find: "const again = retryable && task.failures + 1 < attempts;",
    put: "const again = retryable && task.failures < attempts;",
  },
  {
    file: writer,
    name: "what-a-fenced-attempt-paid-is-lost",
    find: 'if (error instanceof Refusal && error.code === "fenced") await this.bill(usage);',
    put: "",
  },
  {
    file: writer,
    name: "what-was-recorded-is-not-written-with-the-end",
    find: "return isEmpty(write) ? {} : { first: this.#recorded(write) };",
    put: "return {};",
  },
  {
    file: writer,
    name: "what-children-spent-does-not-count",
    find: "if (task.children === 0) return task.usage;",
    put: "if (task.children >= 0) return task.usage;",
  },
  {
    file: writer,
    name: "a-task-spends-its-own-budget-alone",
    find: "const holders = this.#task.budget === null ? boundBy : [...boundBy, id];",
    put: "const holders = boundBy.length > 1000 ? boundBy : [id];",
  },
  {
    file: writer,
    name: "two-pauses-at-once-are-two",
    find: '? this.#recorded(write)\n        : { ...this.#before(write), command: { do: "pause", by: "waybill", ...pause } },',
    put: '? { ...this.#before(write), command: { do: "pause", by: "waybill", ...pause } }\n        : { ...this.#before(write), command: { do: "pause", by: "waybill", ...pause } },',
  },
  {
    file: "server/src/engine/embedded/embedded-engine.ts",
    name: "what-a-schema-leaves-behind-is-nobodys",
    find: "accept: (given) => own(() => accept(given)),",
    put: "",
  },
];
