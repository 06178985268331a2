/** Faults in who is blamed for a crash, and in what becomes of suspects. */
const guard = "server/src/engine/embedded/crash/crash-guard.ts";
const verdict = "server/src/engine/embedded/crash/crash-verdict.ts";
const isolation = "server/src/engine/embedded/crash/isolation.ts";
const remoteRuns = "server/src/engine/execution/remote-runs.ts";
const trials = "server/src/engine/embedded/crash/trials.ts";
const runner = "server/src/engine/embedded/runner.ts";
const strays = "server/src/engine/embedded/strays.ts";

export const CRASHES = [
  {
    file: verdict,
    name: "company-proves-guilt",
    find: "if (isAlone && (isProof || !isAccused(crashes)))",
    put: "if (isAlone)",
  },
  {
    file: verdict,
    name: "deaths-in-company-are-counted-as-alone",
    find: "verdictOf(Math.max(crashes, Math.min(crashes + 1, SUSPECT_AT)))",
    put: "verdictOf(crashes + 1)",
  },
  {
    file: verdict,
    name: "the-culprit-is-not-believed",
    find: "(death.culprit && death.culprit.task !== id)",
    put: "false",
  },
  { file: guard, name: "what-ran-before-is-flown-for-ever", find: "    record.begin();\n", put: "" },
  {
    file: guard,
    name: "the-accused-has-no-company-for-ever",
    find: "if (task.id === this.#accused && (task.state",
    put: "if (task.id === this.#accused && false && (task.state",
  },
  {
    file: guard,
    name: "an-accused-has-company",
    find: "return this.#accused !== null && this.#isolation !== null;",
    put: "return false;",
  },
  {
    file: guard,
    name: "a-full-disk-keeps-the-server-from-its-start",
    find: "isPassing(error) ? task : hasMovedOn(error)",
    put: "hasMovedOn(error)",
  },
  {
    file: guard,
    name: "who-is-killed-again-and-again-goes-on-at-once",
    find: "if (said.waitMs > 0) await wait(said.waitMs);",
    put: "",
  },
  {
    file: trials,
    name: "a-trial-takes-all-its-time",
    find: "if (this.#trial.tasks.size === 0) this.#trial.over();",
    put: "",
  },
  {
    file: trials,
    name: "who-is-alone-waits-for-no-quiet-moment",
    find: "if (quietMs > 0) await this.#wait(quietMs);",
    put: "",
  },
  {
    file: isolation,
    name: "a-group-is-never-parted-by-kills",
    find: 'else if (how === "unknown") this.#halve(ids, undefined);',
    put: 'else if (how === "unknown") this.#group(ids, group.kills + 1);',
  },
  {
    file: isolation,
    name: "each-kill-parts-a-group",
    find: 'else if (how === "unknown" && group.kills + 1 < KILLS_TO_HALVE) this.#group(ids, group.kills + 1);',
    put: "",
  },
  {
    file: isolation,
    name: "who-came-further-stays-apart",
    find: "if (this.#groups.get(task) === group) this.#groups.delete(task);",
    put: "",
  },
  {
    file: isolation,
    name: "a-process-that-is-not-needed-stays",
    find: 'if (home.runs.inFlight.length === 0) home.process.end("clean");',
    put: "",
  },
  {
    file: isolation,
    name: "a-process-that-is-held-is-left-so",
    find: "if (now < (runs.count > 1 ? MISSED_MAX : MISSED_ALONE_MAX)) return this.#watch(home, now);",
    put: "if (now >= 0) return this.#watch(home, now);",
  },
  {
    file: isolation,
    name: "who-computes-alone-has-seconds",
    find: "(runs.count > 1 ? MISSED_MAX : MISSED_ALONE_MAX)",
    put: "MISSED_MAX",
  },
  {
    file: isolation,
    name: "a-process-that-was-held-was-killed-by-somebody",
    find: "runs.speakFor(",
    put: "void (",
  },
  {
    file: isolation,
    name: "a-process-that-has-ended-is-asked-on",
    find: "home.unwatch();",
    put: "",
  },
  {
    file: remoteRuns,
    name: "what-is-paid-for-after-the-end-of-a-run-apart-is-lost",
    find: "?? this.#ended.get(message.run);",
    put: ";",
  },
  {
    file: remoteRuns,
    name: "code-that-lost-its-task-holds-nobody",
    find: "return this.#runs.size;",
    put: "return this.inFlight.length;",
  },
  {
    file: "server/src/engine/execution/hosted-runs.ts",
    name: "a-process-of-suspects-does-not-answer",
    find: 'parts.channel.send({ do: "beat" });',
    put: "",
  },
  {
    file: runner,
    name: "a-crash-apart-means-nothing",
    find: "await this.#parts.guard().settle(run.task, (ms) => this.#wait(ms));",
    put: "await this.#wait(0);",
  },
  {
    file: runner,
    name: "runs-are-not-on-the-crash-record",
    find: "if (!beginApart) await this.#parts.record.runBegins(id, attempt);",
    put: "",
  },
  {
    file: strays,
    name: "strays-stay-where-they-are",
    find: "for (const entry of again) queue(entry);",
    put: "",
  },
];
