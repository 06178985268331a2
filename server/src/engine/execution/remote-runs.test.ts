import { expect, test } from "vitest";
import { newTask } from "../../store/suite/new-task.suite.ts";
import { RemoteRuns } from "./remote-runs.ts";
import type { FromProcess, ToProcess } from "./run-messages.ts";

test("what the code of a run has paid for still comes in once the run has ended, of the last hundred that have", async () => {
  const sent: ToProcess[] = [];
  const heard: ((message: FromProcess) => void)[] = [];
  const say = (message: FromProcess) => heard.forEach((hear) => void hear(message));
  const channel = {
    send: (message: ToProcess) => void sent.push(message),
    receive: (hear: (message: FromProcess) => void) => void heard.push(hear),
  };
  const runs = new RemoteRuns(channel, async () => null);
  const billed: unknown[] = [];
  const bill = async (calls: unknown) => void billed.push(calls);
  const port = Object.assign(Object.create(null), { childRefused: () => null, bill });
  const parts = { task: newTask({ attempt: 1 }), journal: [], inbox: [], artifacts: [], port };
  for (let run = 1; run <= 101; run++) {
    runs.begin({ ...parts, observer: Object.create(null) });
    say({ do: "ended", run, end: "recorded" });
  }
  expect([runs.count, runs.inFlight]).toEqual([0, []]);
  for (const run of [1, 2, 101]) say({ do: "ask", run, call: run, verb: "bill", given: [`of run ${run}`] });
  await Promise.resolve();
  expect(billed).toEqual(["of run 2", "of run 101"]);
  await new Promise((resolve) => setImmediate(resolve));
  expect(sent.slice(-2)).toMatchObject([
    { do: "answer", call: 2 },
    { do: "answer", call: 101 },
  ]);
});
