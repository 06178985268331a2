/** Faults in the rules of a task's life. */
const file = "server/src/task/decide.ts";
const change = "server/src/task/change.ts";
const openTask = "server/src/task/open-task.ts";
const limit = "server/src/task/time-limit.ts";
const relay = "server/src/task/people/relay.ts";
const family = "server/src/task/family.ts";

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: these are texts of other files
export const DECIDE = [
  { name: "time-runs-backwards", find: "const at = Math.max(now, task.updatedAt);", put: "const at = now;" },
  {
    name: "start-what-is-not-ready",
    find: 'if (!isReady(task.state, waitsOn(task))) return wrongState(task, "started");',
    put: "",
  },
  {
    name: "start-keeps-the-attempt",
    find: "const attempt = task.attempt + 1;",
    put: "const attempt = Math.max(1, task.attempt);",
  },
  {
    name: "recover-keeps-the-attempt",
    find: "attempt: task.attempt + 1, ...limitAfterDeath",
    put: "attempt: task.attempt, ...limitAfterDeath",
  },
  {
    name: "recover-what-does-not-run",
    find: 'if (task.state !== "running") return wrongState(task, "recovered");',
    put: "",
  },
  {
    name: "start-moves-the-first-start",
    find: "const startedAt = task.startedAt ?? at;",
    put: "const startedAt = at;",
  },
  {
    name: "start-forgets-open-questions",
    find: "const waits = openQuestions(task);\n  const begun",
    put: "const waits: Wait[] = [];\n  const begun",
  },
  { name: "renew-for-any-worker", find: "if (task.lease?.worker !== command.worker) return fenced(task);", put: "" },
  {
    name: "reject-without-a-guard",
    find: 'return guarded(task, command.attempt) ?? end(task, command, at, { state: "rejected"',
    put: 'return end(task, command, at, { state: "rejected"',
  },
  { name: "expire-what-has-ended", find: 'if (isTerminal(task.state)) return wrongState(task, "timed out");', put: "" },
  { name: "cancel-what-has-ended", find: 'if (isTerminal(task.state)) return wrongState(task, "cancelled");', put: "" },
  { name: "delete-what-is-open", find: 'if (!isTerminal(task.state)) return wrongState(task, "deleted");', put: "" },
  { name: "blame-is-not-kept", find: "{ crashes: command.crashes, ...", put: "{ crashes: task.crashes, ..." },
  { name: "progress-forgets-crashes-never", find: "if (progressed) next.crashes = 0;", put: "" },
  {
    name: "progress-falls",
    find: "Math.min(1, Math.max(task.progress, progress.fraction))",
    put: "Math.min(1, progress.fraction)",
  },
  { name: "details-replace", find: "next.details = { ...task.details, ...details };", put: "next.details = details;" },
  {
    name: "usage-is-not-added-up",
    find: "if (usage.length > 0) next.usage = usage.reduce(addUsage, task.usage);",
    put: "",
  },
  {
    name: "late-usage-after-the-end-is-told",
    find: "isTerminal(task.state) ? [] : command.calls.map(billed)",
    put: "command.calls.map(billed)",
  },
  {
    name: "late-usage-is-not-added-up",
    find: "const usage = command.calls.reduce(addUsage, task.usage);",
    put: "const usage = task.usage;",
  },
  {
    name: "failures-do-not-count",
    find: "const failures = task.failures + 1;",
    put: "const failures = task.failures;",
  },
  {
    name: "fail-retries-although-it-is-final",
    find: "if (command.retryAt === null)",
    put: "if (command.retryAt === 0)",
  },
  { name: "leases-lost-do-not-count", find: "leasesLost: task.leasesLost + 1", put: "leasesLost: task.leasesLost" },
  {
    name: "lapse-of-a-renewed-lease",
    find: 'if (task.lease?.until !== command.until) return wrongState(task, "taken from its worker");',
    put: "",
  },
  {
    name: "pause-what-is-paused",
    find: 'if (isTerminal(task.state) || task.state === "paused") return wrongState(task, "paused");',
    put: 'if (isTerminal(task.state)) return wrongState(task, "paused");',
  },
  {
    name: "a-lasting-pause-ends-by-itself",
    find: "const { until: _, cause: __, ...before } = task.pausedBy ?? { at };",
    put: "const before = task.pausedBy ?? { at };",
  },
  {
    name: "pause-says-at-rest-while-it-runs",
    find: 'const unwinds = task.state === "running" && task.lease === null && !now;',
    put: "const unwinds = false;",
  },
  {
    name: "pause-now-lets-the-step-go-on",
    find: "task.lease === null && !now;",
    put: "task.lease === null;",
  },
  {
    name: "waits-raise-the-attempt",
    file: "server/src/task/task.ts",
    find: "return Math.min(attempt, failures + underWay);",
    put: "return attempt;",
  },
  {
    name: "pause-keeps-the-lease",
    find: 'state: "paused", ...rest, pausedBy, lease: null }',
    put: 'state: "paused", ...rest, pausedBy }',
  },
  {
    name: "resume-what-is-not-paused",
    find: 'if (task.state !== "paused") return wrongState(task, "resumed");',
    put: "",
  },
  {
    name: "resume-forgets-who-paused-never",
    find: 'if (resumesAs === "running") return change(task, command, at, { state: "running", pausedBy: null }, events);',
    put: 'if (resumesAs === "running") return change(task, command, at, { state: "running" }, events);',
  },
  {
    name: "resume-ends-the-submit-delay",
    find: "if ((task.notBefore ?? 0) <= at) return firstWaits(task, at);",
    put: "if (at > 0) return firstWaits(task, at);",
  },
  {
    name: "a-resume-forgets-the-turn-in-the-conversation",
    find: "return turn.length === 0 ? [slotWait(at)] : turn;",
    put: "return [slotWait(at)];",
  },
  { name: "wake-by-a-slot", find: 'key === command.key && on !== "slot" &&', put: "key === command.key &&" },
  { name: "input-answers-nothing", find: "answered ? closed(task, answered.key, at) : {}", put: "{}" },
  {
    name: "closed-closes-all-questions",
    find: "openQuestions(task).filter((question) => question.key !== key)",
    put: "openQuestions(task).filter(() => false)",
  },
  {
    name: "a-question-is-asked-twice",
    find: "const fresh = asked.filter(({ key }) => !shown.some((question) => question.key === key));",
    put: "const fresh = asked;",
  },
  {
    name: "suspend-keeps-the-lease",
    find: "waits: next, lease: null, crashes }, events)",
    put: "waits: next, crashes }, events)",
  },
  {
    file: change,
    name: "end-keeps-its-waits",
    find: "{ ...ending, endedAt: at, waits: [], lease: null",
    put: "{ ...ending, endedAt: at, lease: null",
  },
  {
    file: change,
    name: "cancelled-was-paused-is-not-told",
    find: 'ended(ending, task.state === "paused")',
    put: "ended(ending, false)",
  },
  { file: change, name: "revision-stands", find: "revision: task.revision + 1,", put: "revision: task.revision," },
  {
    file: change,
    name: "moved-at-each-change",
    find: "stateChangedAt: moved ? at : task.stateChangedAt,",
    put: "stateChangedAt: at,",
  },
  {
    name: "guard-without-the-attempt",
    find: "return task.attempt !== attempt || isTerminal(task.state) ? fenced(task) : undefined;",
    put: "return isTerminal(task.state) ? fenced(task) : undefined;",
  },
  {
    name: "guard-lets-the-unwound-write",
    find: 'also && task.state === also && task.resumesAs === "running"',
    put: "also && task.state === also",
  },
  {
    name: "a-limit-that-stands-still-ends-it",
    find: "if (isOfLimit && at < (task.deadlineAt ?? Number.POSITIVE_INFINITY))",
    put: "if (false)",
  },
  { name: "leases-are-lost-for-ever", find: "if (claim.leasesLost >= LEASES_LOST_MAX)", put: "if (false)" },
  {
    name: "a-late-worker-ends-the-claim-of-another",
    find: "return isFree && lastClaim?.worker === worker && lastClaim.handedIn === null;",
    put: "return isFree && lastClaim !== null && worker !== undefined;",
  },
  {
    name: "a-task-records-for-ever",
    find: 'if (task.lastSeq >= EVENTS_MAX) return end(task, command, at, { state: "failed", error: tooManyEvents() });\n  const { events,',
    put: "const { events,",
  },
  {
    name: "what-was-told-already-is-asked-again",
    find: "!shown.has(key) && !told.includes(key));",
    put: "!shown.has(key));",
  },
  {
    name: "an-answer-takes-a-running-task-out-of-its-run",
    find: 'if (task.state === "running") return { waits: others };\n',
    put: "",
  },
  {
    file: openTask,
    name: "a-question-hides-that-it-goes-on-by-itself",
    find: 'if (waits.some(({ on }) => on === "slot" || on === "conversation")) return "waiting";\n',
    put: "",
  },
  {
    name: "a-pause-counts-against-the-due-date",
    find: "task.assignment && afterPause(task.assignment, at - (task.pausedBy?.at ?? at))",
    put: "task.assignment",
  },
  {
    file: limit,
    name: "a-task-at-rest-keeps-nothing-of-what-the-clock-leapt-over",
    find: "limitLeftMs: leftOf(task, task.timeLimitMs, at - leaptMs)",
    put: "limitLeftMs: leftOf(task, task.timeLimitMs, at)",
  },
  {
    file: limit,
    name: "time-counts-while-no-process-was-there",
    find: "limitLeft(task, at, leftOf(task, task.timeLimitMs, task.updatedAt))",
    put: "limitLeft(task, at, leftOf(task, task.timeLimitMs, at))",
  },
  {
    file: limit,
    name: "each-rest-fills-the-limit-again",
    find: "if (task.limitLeftMs !== null) return task.limitLeftMs;\n",
    put: "",
  },
  {
    file: relay,
    name: "two-questions-of-children-have-one-name",
    find: "for (let count = 2; names.has(name); count++) name = `${prompt.name}-${count}`;",
    put: "names.clear();",
  },
  {
    file: relay,
    name: "a-childs-question-stays-after-its-answer",
    find: "const kept = before.filter(({ relayed }) => questions.some(({ key }) => key === relayed?.key));",
    put: "const kept = before;",
  },
  {
    file: relay,
    name: "a-childs-question-is-asked-again-and-again",
    find: "if (!isAsked(question)) fresh.push(",
    put: "fresh.push(",
  },
  {
    file: relay,
    name: "a-paused-task-forgets-what-its-child-asks",
    find: 'return task.resumesAs === "running" ? { waits } : { waits, resumesAs: restingState(waits) };',
    put: "return {};",
  },
  {
    file: relay,
    name: "a-question-that-is-taken-back-is-not-told",
    find: "if (events.length === 0 && isAtRest(task)) events.push",
    put: "if (false) events.push",
  },
  {
    name: "coming-to-rest-forgets-what-children-ask",
    find: "[...stands, ...openQuestions(task).filter(({ relayed }) => relayed !== undefined)]",
    put: "[...stands]",
  },
  {
    name: "pause-at-once-waits-for-the-step-of-a-pausing-one",
    find: 'if (now && task.state === "paused" && task.resumesAs === "running")',
    put: "if (false)",
  },
  {
    name: "a-deadline-waits-for-the-limit-of-its-kind",
    find: "if (isOfLimit && at < (task.deadlineAt ?? Number.POSITIVE_INFINITY))",
    put: "if (isOverLimit(task, at))",
  },
  {
    file: family,
    name: "a-budget-does-not-bind-the-children",
    find: "boundBy: parent.budget === null ? parent.boundBy : [...parent.boundBy, parent.id],",
    put: "boundBy: parent.boundBy,",
  },
  {
    file: family,
    name: "a-budget-binds-no-grandchildren",
    find: "boundBy: parent.budget === null ? parent.boundBy : [...parent.boundBy, parent.id],",
    put: "boundBy: parent.budget === null ? [] : [parent.id],",
  },
  {
    name: "a-resume-in-the-moment-of-rest-loses-what-was-recorded",
    find: "  const next = stands.length === 0 ? readyWaits(openQuestions(task), at) : waits;\n",
    put: '  if (stands.length === 0) return wrongState(task, "suspended without a wait");\n  const next = waits;\n',
  },
].map((mutant) => ({ file, ...mutant }));
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: these are texts of other files
