/** Processes of suspects whose thread some code never gives back: simulated here as lines on which nothing is answered. */
import { beforeEach, expect, test } from "vitest";
import { newTask } from "../../../store/suite/new-task.suite.ts";
import type { RemoteRun } from "../../execution/remote-runs.ts";
import type { FromProcess, ToProcess } from "../../execution/run-messages.ts";
import { atRest } from "../../suite/at-rest.ts";
import { VirtualClock } from "../../virtual-clock.ts";
import { Isolation } from "./isolation.ts";
import type { LaunchRunProcess, ProcessEnd } from "./run-process.ts";

const MINUTE_MS = 60_000;

let clock: VirtualClock;
let isolation: Isolation;
/** The tasks that each process was given, and how it was ended. */
let processes: { tasks: string[]; end: string | null; answer: () => void }[];
/** Whose code does not give the thread back. */
let held: Set<string>;

beforeEach(() => {
  clock = new VirtualClock(Date.UTC(2026, 0, 1));
  processes = [];
  held = new Set();
  const transitions = { find: async (id: string) => suspect(id) };
  isolation = new Isolation({ launch, transitions, clock, log: { warn: () => {} } });
});

const suspect = (id: string) => ({ ...newTask({ attempt: 1, crashes: 2 }), id });

const launch: LaunchRunProcess = async () => {
  const ended = Promise.withResolvers<ProcessEnd>();
  const heard: ((message: FromProcess) => void)[] = [];
  const answer = () => heard.forEach((hear) => void hear({ do: "beat" }));
  const own: (typeof processes)[number] = { tasks: [], end: null, answer };
  processes.push(own);
  const send = (message: ToProcess) => {
    if (message.do === "begin") own.tasks.push(message.task.id);
    const answers = own.end === null && !own.tasks.some((id) => held.has(id));
    if (message.do === "beat" && answers) queueMicrotask(answer);
  };
  return {
    channel: { send, receive: (listener) => void heard.push(listener) },
    ended: ended.promise,
    end: (how) => {
      own.end = how;
      ended.resolve({ how, said: "It was killed." });
    },
  };
};

/** Nothing of these is asked for here. */
const [port, observer] = [Object.assign(Object.create(null), { childRefused: () => null }), Object.create(null)];

async function begin(...ids: string[]): Promise<RemoteRun[]> {
  const runs: RemoteRun[] = [];
  for (const id of ids) {
    const started = await isolation.begin(id);
    runs.push(started({ task: suspect(id), journal: [], inbox: [], artifacts: [], port, observer }));
  }
  return runs;
}

async function endsAfter(ms: number): Promise<(string | null)[]> {
  await clock.advance(ms, atRest);
  return processes.map(({ end }) => end);
}

test("a task that never gives the thread back holds others in its process for seconds, and goes on apart from them", async () => {
  held.add("loops");
  isolation.part(["one", "two", "three", "loops"]);
  const [one, , three, loops] = await begin("one", "two", "three", "loops");
  const parted = [
    ["one", "two"],
    ["three", "loops"],
  ];
  expect(processes.map(({ tasks }) => tasks)).toEqual(parted);
  expect(await endsAfter(14_000)).toEqual([null, null]);
  expect(await endsAfter(7_000)).toEqual([null, "unknown"]);
  expect([one?.isOver, await three?.ended, await loops?.ended]).toEqual([false, "crashed", "crashed"]);
  // Which of them it was is not known yet.
  for (const id of ["three", "loops"]) expect(isolation.verdictOf(id).verdict).toEqual({ is: "suspect", crashes: 2 });
  await begin("three", "loops");
  expect(processes.slice(2).map(({ tasks }) => tasks)).toEqual([["three"], ["loops"]]);
  // By itself it holds nobody, and may compute for minutes.
  expect(await endsAfter(9 * MINUTE_MS)).toEqual([null, "unknown", null, null]);
  expect(await endsAfter(2 * MINUTE_MS)).toEqual([null, "unknown", null, "unknown"]);
  expect(isolation.verdictOf("loops")).toEqual({ verdict: { is: "suspect", crashes: 3 }, waitMs: 0 });
});

test("code whose task was taken from it holds the others all the same", async () => {
  held.add("cancelled");
  isolation.part(["one", "two", "innocent", "cancelled"]);
  const [innocent, cancelled] = await begin("innocent", "cancelled");
  cancelled?.cutOff("It was cancelled.");
  expect(await endsAfter(21_000)).toEqual(["unknown"]);
  expect(await innocent?.ended).toBe("crashed");
});

test("a process that is slow to answer once is left alone, and one that was ended is asked no more", async () => {
  held.add("slow");
  const [slow] = await begin("slow");
  expect(await endsAfter(9 * MINUTE_MS)).toEqual([null]);
  held.clear();
  processes[0]?.answer();
  expect(await endsAfter(9 * MINUTE_MS)).toEqual([null]);
  expect(slow?.isOver).toBe(false);
  await isolation.stop();
  expect(await endsAfter(20 * MINUTE_MS)).toEqual(["clean"]);
});
