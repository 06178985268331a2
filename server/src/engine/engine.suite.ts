/**
 * What every engine does, told as the lives of tasks. An implementation hands in how it is started over a store that
 * outlives it, and how its process dies.
 */
import { afterEach, describe } from "vitest";
import { backlogsSuite } from "./suite/backlogs.suite.ts";
import { beginningsSuite } from "./suite/beginnings.suite.ts";
import { conversationOrderSuite } from "./suite/conversation-order.suite.ts";
import { crashSuite } from "./suite/crashes.suite.ts";
import { durabilitySuite } from "./suite/durability.suite.ts";
import { externalWorkSuite } from "./suite/external-work.suite.ts";
import { inputsSuite } from "./suite/inputs.suite.ts";
import { limitSuite } from "./suite/limits.suite.ts";
import { peopleSuite } from "./suite/people.suite.ts";
import { questionsSuite } from "./suite/questions.suite.ts";
import { queueSuite } from "./suite/queue.suite.ts";
import { readingSuite } from "./suite/reading.suite.ts";
import { relayedQuestionsSuite } from "./suite/relayed-questions.suite.ts";
import { retriesSuite } from "./suite/retries.suite.ts";
import type { Begin, EngineLife, EngineSetup } from "./suite/stage.ts";
import { steeringSuite } from "./suite/steering.suite.ts";
import { stepsSuite } from "./suite/steps.suite.ts";
import { timeSuite } from "./suite/time.suite.ts";
import { treesSuite } from "./suite/trees.suite.ts";
import { usageSuite } from "./suite/usage.suite.ts";
import { valuesSuite } from "./suite/values.suite.ts";
import { versionSuite } from "./suite/versions.suite.ts";
import { waitsSuite } from "./suite/waits.suite.ts";

export function engineSuite(name: string, setup: EngineSetup): void {
  describe(name, () => {
    let life: EngineLife | undefined;
    const begin: Begin = async (handlers, limits) => {
      life = await setup(handlers, limits);
      return life;
    };
    afterEach(async () => {
      await life?.end();
      life = undefined;
    });

    describe("beginnings", () => beginningsSuite(begin));
    describe("steps", () => stepsSuite(begin));
    describe("inputs", () => inputsSuite(begin));
    describe("values", () => valuesSuite(begin));
    describe("waits", () => waitsSuite(begin));
    describe("usage", () => usageSuite(begin));
    describe("steering", () => steeringSuite(begin));
    describe("retries", () => retriesSuite(begin));
    describe("questions", () => questionsSuite(begin));
    describe("questions of children", () => relayedQuestionsSuite(begin));
    describe("the queue", () => queueSuite(begin));
    describe("tasks of a conversation", () => conversationOrderSuite(begin));
    describe("limits", () => limitSuite(begin));
    describe("versions", () => versionSuite(begin));
    describe("crashes", () => crashSuite(begin));
    describe("durability", () => durabilitySuite(begin));
    describe("external work", () => externalWorkSuite(begin));
    describe("backlogs of queues", () => backlogsSuite(begin));
    describe("time", () => timeSuite(begin));
    describe("trees", () => treesSuite(begin));
    describe("people", () => peopleSuite(begin));
    describe("reading", () => readingSuite(begin));
  });
}
