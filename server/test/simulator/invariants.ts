/** The invariants: what must hold of a world once everything in it has ended. */
import { LEASES_LOST_MAX } from "../../src/task/claim.ts";
import type { TaskEvent } from "../../src/task/events/event.ts";
import { TERMINAL_EVENTS } from "../../src/task/events/event.ts";
import { STATES } from "../../src/task/states.ts";
import type { Task } from "../../src/task/task.ts";
import { wrongCounts, wrongOrder, wrongPauses } from "./calls.ts";
import { TEXT } from "./handlers.ts";
import { PASSING_CODES, plannedCodes, walk } from "./program.ts";
import { wrongInLog, wrongOutput } from "./told.ts";
import type { World } from "./world.ts";

export async function checkInvariants(world: World): Promise<void> {
  const tasks = await world.allTasks();
  const byId = new Map(tasks.map((task) => [task.id, task]));
  for (const client of world.clients) {
    const { id, key } = client;
    const made = tasks.filter((task) => task.metadata["key"] === key);
    const isFound = made.some((task) => task.id === id) || (id !== null && world.mayBeSwept(id));
    const isOne = made.length <= 1 || world.mayForget(client);
    check(world, isFound && isOne, `The submit ${key} was acknowledged as ${id} and made ${made.length} tasks.`);
  }
  for (const id of world.known.keys())
    check(world, byId.has(id) || world.mayBeSwept(id), `${id} was committed, and is gone.`);
  for (const task of tasks) {
    const events = await world.store.events(task.id, 0, 10_000);
    checkLog(world, task, events);
    checkEnd(world, task, events);
    await checkUsage(world, task, events, byId);
    const all = await toldInAll(world, task, byId);
    checkTold(world, task, events, all);
    if (task.state === "completed" && !isCutShort(task, byId)) await checkEffects(world, task, all);
  }
  for (const { id, seen } of world.followers) {
    if (!byId.has(id)) continue;
    const events = await world.store.events(id, 0, 10_000);
    const same = told(seen) === told(events);
    check(world, same, `A follower of ${id} saw another log than there is: ${types(seen)} and ${types(events)}.`);
  }
  await checkTotals(world, tasks);
  if (!world.sweeps) await checkConversations(world, tasks);
  checkCleanups(world, tasks);
  const stats = world.stats();
  check(
    world,
    stats?.running === 0 && stats.ready === 0 && stats.open === 0,
    `The engine still holds ${JSON.stringify(stats)}.`,
  );
  for (const problem of await world.store.check()) world.checker.fail(`The database is unsound: ${problem}`);
}

/** What the task has told, after what those told that it is a retry of: it does not do again what they did. */
async function toldInAll(world: World, task: Task, byId: ReadonlyMap<string, Task>): Promise<TaskEvent[]> {
  const events: TaskEvent[] = [];
  for (let at: Task | undefined = task; at; at = at.retryOf === null ? undefined : byId.get(at.retryOf))
    events.unshift(...(await world.store.events(at.id, 0, 10_000)));
  return events;
}

/** Whether some of those that it is a retry of are swept. */
function isCutShort({ retryOf }: Task, byId: ReadonlyMap<string, Task>): boolean {
  const before = retryOf === null ? null : byId.get(retryOf);
  return before === undefined || (before !== null && isCutShort(before, byId));
}

/** What the log tells and in which order, and what the program returned. */
function checkTold(world: World, task: Task, events: readonly TaskEvent[], all: readonly TaskEvent[]): void {
  const program = world.outside.programs.get(programOf(task)) ?? null;
  const wrong = wrongInLog(task, program, events) ?? (program && wrongOrder(program, all));
  check(world, !wrong, `The log of ${task.id} (${JSON.stringify(task.input)}): ${wrong}.`);
  if (!program || task.state !== "completed") return;
  const misreturned = wrongOutput(program.ops, task.output);
  check(world, !misreturned, `${task.id} (${JSON.stringify(task.input)}) ${misreturned}.`);
}

function checkLog(world: World, task: Task, events: readonly TaskEvent[]): void {
  const contiguous = events.every((event, at) => event.seq === at + 1) && events.length === task.lastSeq;
  check(
    world,
    contiguous,
    `The log of ${task.id} has gaps: ${events.map((event) => event.seq)}, last ${task.lastSeq}.`,
  );
  const first = events.findIndex((event) => TERMINAL_EVENTS.has(event.type));
  check(world, first === events.length - 1, `The log of ${task.id} goes on after its end: ${types(events)}.`);
  check(
    world,
    events[first]?.type === `task.${task.state}`,
    `${task.id} is ${task.state}, and its log ends ${types(events)}.`,
  );
  check(
    world,
    events.every((event, at) => at === 0 || event.at >= (events[at - 1]?.at ?? 0)),
    `Time ran backwards in ${task.id}.`,
  );
  const fractions = events.flatMap((event) =>
    !event.custom && event.type === "task.progress" ? [event.data.fraction] : [],
  );
  check(
    world,
    fractions.every((fraction, at) => at === 0 || fraction >= (fractions[at - 1] ?? 0)),
    `Progress of ${task.id} fell: ${fractions}.`,
  );
}

function checkEnd(world: World, task: Task, events: readonly TaskEvent[]): void {
  const wrong = wrongEnd(world, task, events);
  if (wrong) world.checker.fail(`${task.id} (${JSON.stringify(task.input)}) ${wrong}`);
}

/** Why the task should not have ended as it did. */
function wrongEnd(world: World, task: Task, events: readonly TaskEvent[]): string | null {
  const { parent } = task;
  if (parent !== null && task.state !== "cancelled" && endsBefore(world, parent, task.id))
    return "outlived its parent.";
  if (task.state === "cancelled") return isCancelled(world, task) ? null : "was cancelled by nobody.";
  if (task.state === "timed_out")
    return task.deadlineAt !== null && (task.endedAt ?? 0) >= task.deadlineAt ? null : "timed out before its time.";
  if (task.kind === "external") return wrongWork(world, task);
  const program = world.outside.programs.get(programOf(task));
  const planned = plannedCodes(program?.ops ?? []);
  if (task.state === "completed") return planned.size > 0 ? `completed in place of ${[...planned]}.` : null;
  if (planned.has(failureCode(task))) return null;
  const code = failureCode(task);
  // A child is not tried again as a whole, and what others stopped took tries that the call would have needed.
  if (PASSING_CODES.has(code) && (task.parent !== null || events.some(isOtherRetry))) return null;
  // A child that was stopped, or that met another failure on the way, takes its parent with it.
  const children = [...world.known.values()].filter((child) => child.parent === task.id && child.state !== "completed");
  if (children.some((child) => failureCode(child) === failureCode(task))) return null;
  const expected = [...planned].join() || "completing";
  return `ended ${task.state} by ${failureCode(task)} in place of ${expected}, after ${task.failures} failures and ${world.crashes} crashes.`;
}

function endsBefore(world: World, one: string, other: string): boolean {
  for (const id of world.ended) if (id === one || id === other) return id === one;
  return false;
}

/** A try that failed by what neither passes nor was planned. */
function isOtherRetry(event: TaskEvent): boolean {
  return !event.custom && event.type === "task.retrying" && !PASSING_CODES.has(event.data.error.code);
}

function wrongWork(world: World, task: Task): string | null {
  const accepted = world.workDone.get(task.id);
  if (task.state === "completed")
    return accepted === undefined || accepted === task.output
      ? null
      : `has the output ${JSON.stringify(task.output)}, and ${accepted} was accepted.`;
  if (accepted !== undefined) return `is ${task.state} after ${accepted} was accepted.`;
  const code = failureCode(task);
  return code === "worker" || (code === "lease_lost" && task.leasesLost === LEASES_LOST_MAX)
    ? null
    : `ended ${task.state} by ${code}.`;
}

/** What the calls of a completed task did: each once. */
async function checkEffects(world: World, task: Task, events: readonly TaskEvent[]): Promise<void> {
  const program = world.outside.programs.get(programOf(task));
  if (!program) return;
  // A retry does not pause again where the task before it did.
  const wrong = wrongCounts(program, events) ?? (task.retryOf === null ? wrongPauses(program, events) : null);
  check(world, !wrong, `${task.id} (${JSON.stringify(task.input)}): ${wrong}.`);
  const notes: string[] = [];
  const report: string[] = [];
  for (const op of walk(program.ops)) {
    const succeeds = op.op === "step" && !op.hangs && !(op.fatal && op.failures > 0) && op.failures <= op.retries;
    if (op.op === "broken" || (op.op === "effect" ? op.what === "emit" : succeeds && op.effects.emit))
      notes.push(op.id);
    if (op.op === "effect" ? op.what === "artifact" : succeeds && op.effects.artifact) report.push(op.id);
    if (succeeds && op.effects.output) checkOutput(world, task, events, op.id);
  }
  const noted = events.flatMap((event) =>
    event.custom && event.type === "sim.note" ? [String(event.data["id"])] : [],
  );
  check(world, sameSet(noted, notes), `${task.id} emitted ${noted} in place of ${notes}.`);
  const [artifact] = (await world.store.artifacts(task.id, null, 1)).artifacts;
  const parts = (artifact?.parts ?? []).map((part) => ("text" in part ? part.text : ""));
  check(world, sameSet(parts, report), `${task.id} has the artifact ${parts} in place of ${report}.`);
  const answers = [...answersIn(task.state === "completed" ? task.output : null)];
  check(world, new Set(answers).size === answers.length, `${task.id} took an answer twice: ${answers}.`);
  // What comes to a task above it, which asks the same, is its own.
  const askers = [...new Set(events.map((event) => event.task))].flatMap((id) => [...withThoseAbove(world, id)]);
  check(
    world,
    answers.every((answer) => askers.some((asker) => world.answers.get(asker)?.has(answer))),
    `${task.id} took answers that nobody sent: ${answers}.`,
  );
}

function checkOutput(world: World, task: Task, events: readonly TaskEvent[], step: string): void {
  let text = "";
  let teller = "";
  for (const event of events) {
    if (event.custom || !("step" in event.data) || event.data.step !== step) continue;
    // In a log of its own, a retry says anew what was not finished.
    if (event.type === "output.restarted" || event.task !== teller) text = "";
    teller = event.task;
    if (event.type === "output.delta") text += event.data.text;
  }
  check(world, text === TEXT.join(""), `The text of ${step} in ${task.id} reads "${text}".`);
}

async function checkUsage(
  world: World,
  task: Task,
  events: readonly TaskEvent[],
  byId: ReadonlyMap<string, Task>,
): Promise<void> {
  const { calls } = await world.store.usage(task.id, null, 1_000);
  const keys = calls.map((call) => call.key);
  check(world, new Set(keys).size === keys.length, `${task.id} was billed twice: ${keys}.`);
  const tokens = calls.reduce((sum, call) => sum + call.inputTokens, 0);
  const same = task.usage.calls === calls.length && task.usage.inputTokens === tokens;
  check(world, same, `${task.id} counts ${JSON.stringify(task.usage)} for the calls ${keys}.`);
  const recorded = events.filter((event) => event.type === "usage.recorded").length;
  const agrees = task.state === "completed" ? recorded === calls.length : recorded <= calls.length;
  check(world, agrees, `The log of ${task.id} has ${recorded} of ${calls.length} paid calls.`);
  const program = world.outside.programs.get(programOf(task));
  if (!program || task.state !== "completed" || isCutShort(task, byId)) return;
  const paid = new Set((await toldInAll(world, task, byId)).flatMap(callOf));
  for (const op of walk(program.ops)) {
    const pays = op.op === "effect" ? op.what === "usage" : op.op === "step" && op.effects.usage && !op.hangs;
    check(world, !pays || paid.has(op.id), `${task.id} was not billed for ${op.id}.`);
  }
}

async function checkTotals(world: World, tasks: readonly Task[]): Promise<void> {
  // Each world counts the states of one of them, and all worlds together those of each.
  const counted = world.random.int(0, 5);
  const who = ["acme", "zeta"].flatMap((tenant) => [null, "ada", "bob"].map((user) => ({ tenant, user })));
  for (const [at, { tenant, user }] of who.entries()) {
    const own = tasks.filter((task) => task.tenant === tenant && (user === null || task.user === user));
    const all = await world.store.list({ tenant, user }, {}, { limit: 1 });
    check(world, all.total === own.length, `${tenant} ${user} has ${own.length} tasks and a total of ${all.total}.`);
    for (const state of at === counted ? STATES : []) {
      const { total } = await world.store.list({ tenant, user }, { states: [state] }, { limit: 1 });
      const count = own.filter((task) => task.state === state).length;
      check(world, total === count, `${tenant} ${user} has ${count} ${state} tasks and a total of ${total}.`);
    }
  }
}

async function checkConversations(world: World, tasks: readonly Task[]): Promise<void> {
  for (const id of new Set(tasks.flatMap((task) => (task.conversation === null ? [] : [task.conversation])))) {
    const own = tasks.filter((task) => task.conversation === id);
    const completed = own.filter((task) => task.state === "completed").length;
    const conversation = await world.store.conversation(id);
    // What those below them have spent, which are in no conversation, is theirs as well.
    const paid = tasks.filter((task) =>
      [...withThoseAbove(world, task.id)].some((at) => own.some((one) => one.id === at)),
    );
    const tokens = paid.reduce((sum, task) => sum + task.usage.inputTokens, 0);
    const same =
      conversation?.tasks === own.length && conversation.completed === completed && conversation.inputTokens === tokens;
    check(
      world,
      same,
      `The conversation ${id} says ${JSON.stringify(conversation)} of ${own.length} tasks, ${completed} completed, ${tokens} tokens.`,
    );
    const talking = own.filter((task) => task.kind !== "external");
    const replies = talking.filter((task) => task.state === "completed").length;
    const { messages } = await world.store.messages(id, { limit: 500 });
    // What was asked and answered meanwhile is beside these.
    const turns = messages.filter(({ purpose }) => purpose === null);
    const roles = (role: string) => turns.filter((message) => message.role === role).length;
    check(
      world,
      roles("user") === talking.length && roles("agent") === replies,
      `The conversation ${id} has ${roles("user")} turns of users and ${roles("agent")} of agents.`,
    );
  }
}

function checkCleanups(world: World, tasks: readonly Task[]): void {
  for (const task of tasks) {
    const cleanups = tasks.filter(
      (other) => other.kind === "waybill.cleanup" && JSON.stringify(other.input).includes(task.id),
    );
    const expected = task.kind === "messy" && task.state !== "completed" ? 1 : 0;
    check(world, cleanups.length === expected, `${task.id} is ${task.state} and has ${cleanups.length} cleanups.`);
    const cancelled = cleanups.some((cleanup) => cleanup.state !== "completed");
    check(world, expected === 0 || cancelled || world.outside.cleaned.has(task.id), `${task.id} was not cleaned up.`);
  }
}

function callOf(event: TaskEvent): string[] {
  return !event.custom && event.type === "usage.recorded" ? [event.data.call.key] : [];
}

/** By a caller, or with the end of a task above it. */
function isCancelled(world: World, task: Task): boolean {
  for (let at: Task | undefined = task; at; ) {
    if (world.cancelled.has(at.id)) return true;
    at = at.parent === null ? undefined : world.known.get(at.parent);
    if (at && at.state !== "completed") return true;
  }
  return false;
}

function failureCode(task: Task): string {
  if (task.state === "failed" || task.state === "timed_out" || task.state === "rejected") return task.error.code;
  return "child_cancelled";
}

function* withThoseAbove(world: World, id: string): Generator<string> {
  for (let at: string | null | undefined = id; at; at = world.known.get(at)?.parent) yield at;
}

function programOf(task: Task): string {
  const input = task.input;
  return typeof input === "object" && input !== null && !Array.isArray(input) ? String(input["program"]) : "";
}

function* answersIn(output: unknown): Generator<string> {
  if (typeof output !== "object" || output === null) return;
  if ("asked" in output && "answer" in output) {
    if (typeof output.answer === "string") yield output.answer;
    return;
  }
  // A child's answers are its own.
  if (!("child" in output)) for (const value of Object.values(output)) yield* answersIn(value);
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return JSON.stringify([...a].sort()) === JSON.stringify([...b].sort());
}

function told(events: readonly TaskEvent[]): string {
  return JSON.stringify(events.map(({ seq, at, type, data }) => [seq, at, type, data]));
}

function types(events: readonly TaskEvent[]): string {
  return events.map((event) => event.type).join(" ");
}

function check(world: World, holds: boolean, message: string): void {
  world.checker.check(holds, () => message);
}
