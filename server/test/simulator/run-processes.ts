/**
 * The processes beside a simulated server in which suspects run: each hosts runs over a line that takes its time, dies by
 * the code of its steps or by a kill from outside, and with its server.
 */
import type { Clock } from "../../src/engine/clock.ts";
import { withCleanup } from "../../src/engine/embedded/cleanup.ts";
import type { ProcessEnd, RunProcess } from "../../src/engine/embedded/crash/run-process.ts";
import { hostRuns } from "../../src/engine/execution/hosted-runs.ts";
import type { FromProcess, RunChannel, ToProcess } from "../../src/engine/execution/run-messages.ts";
import type { Ids } from "../../src/engine/ids.ts";
import { Refusal } from "../../src/task/errors.ts";
import { ticks } from "./event-loop.ts";
import { type Outside, simulatedHandlers } from "./handlers.ts";
import type { Random } from "./random.ts";

type Parts = {
  outside: Outside;
  random: Random;
  ids: Ids;
  /** As long as the server lives. */
  isAlive: () => boolean;
  clockOf: (isAlive: () => boolean) => Clock;
  /** A message comes late, and the process is killed. */
  kills: () => boolean;
  refuses: () => boolean;
};

export class RunProcesses {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async launch(): Promise<RunProcess> {
    const { outside, random, ids, clockOf, kills, refuses } = this.#parts;
    await ticks(random.int(0, 5));
    if (refuses()) throw new Refusal("unavailable", "There is no memory for another process.");
    const ended = Promise.withResolvers<ProcessEnd>();
    let lives = true;
    const isAlive = () => lives && this.#parts.isAlive();
    const end = (how: ProcessEnd["how"]) => {
      if (!isAlive()) return;
      lives = false;
      outside.steps.died(isAlive);
      ended.resolve({ how, said: `It ended ${how}.` });
    };
    const [ofServer, ofProcess] = line<ToProcess, FromProcess>(random, isAlive, () => kills() && end("unknown"));
    const clock = clockOf(isAlive);
    const handlers = simulatedHandlers(outside, { isAlive, clock, crash: () => end("own") });
    hostRuns({
      channel: ofProcess,
      handlerOf: (task, find) => withCleanup(handlers, find).of(task),
      ...{ clock, random: () => random.next(), ids },
    });
    return { channel: ofServer, ended: ended.promise, end: () => end("clean") };
  }
}

/** The two ends of a line: what is sent crosses it in its order, as a copy, and is lost with the process. */
function line<Down, Up>(
  random: Random,
  isAlive: () => boolean,
  passing: () => void,
): [RunChannel<Down, Up>, RunChannel<Up, Down>] {
  const down = lane<Down>(random, isAlive, passing);
  const up = lane<Up>(random, isAlive, passing);
  return [
    { send: down.send, receive: up.receive },
    { send: up.send, receive: down.receive },
  ];
}

function lane<Message>(random: Random, isAlive: () => boolean, passing: () => void) {
  const listeners: ((message: Message) => void)[] = [];
  let last = Promise.resolve();
  return {
    send: (message: Message): void => {
      const copy = structuredClone(message);
      last = last.then(async () => {
        if (random.chance(0.3)) await ticks(1);
        passing();
        if (isAlive()) for (const hear of listeners) hear(copy);
      });
    },
    receive: (listener: (message: Message) => void): void => void listeners.push(listener),
  };
}
