/** How every store behaves. Each implementation calls this with a way to open an empty one, which the suite closes. */
import { afterEach, describe } from "vitest";
import type { StoreOptions } from "./storage.ts";
import type { Store } from "./store.ts";
import { agentStories } from "./suite/agents.suite.ts";
import { auditStories } from "./suite/audit.suite.ts";
import { belongingStories } from "./suite/belongings.suite.ts";
import { bytesStories } from "./suite/bytes.suite.ts";
import { changeFeedStories } from "./suite/change-feed.suite.ts";
import { chunkIndexStories, comparedChunks } from "./suite/chunk-index.suite.ts";
import { chunkStories } from "./suite/chunks.suite.ts";
import { conversationStories } from "./suite/conversations.suite.ts";
import { dailyUsageStories } from "./suite/daily-usage.suite.ts";
import { documentStories } from "./suite/documents.suite.ts";
import { erasureStories } from "./suite/erasures.suite.ts";
import { fileStories } from "./suite/file-keeping.suite.ts";
import { keepingStories } from "./suite/keeping.suite.ts";
import { keyStories } from "./suite/keys.suite.ts";
import { leaseStories } from "./suite/leases.suite.ts";
import { comparedLists, listStories } from "./suite/lists.suite.ts";
import { peopleStories } from "./suite/people.suite.ts";
import { settingStories } from "./suite/settings.suite.ts";
import { shareStories } from "./suite/shares.suite.ts";
import { subscriptionStories } from "./suite/subscriptions.suite.ts";
import { transitionStories } from "./suite/transitions.suite.ts";

/** Long comparisons with a plain model judge statements: one of two stores with the same statements needs none. */
type SuiteOptions = { compared?: boolean };

export function storeSuite(
  name: string,
  open: (options?: StoreOptions) => Promise<Store>,
  { compared = true }: SuiteOptions = {},
): void {
  const opened: Store[] = [];
  const setup = async (options?: StoreOptions) => {
    const store = await open(options);
    opened.push(store);
    return store;
  };
  describe(name, () => {
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((store) => store.close()));
    });
    describe("transitions", () => transitionStories(setup));
    describe("belongings", () => belongingStories(setup));
    describe("bytes", () => bytesStories(setup));
    describe("lists", () => {
      if (compared) comparedLists(setup);
      listStories(setup);
    });
    describe("documents", () => documentStories(setup));
    describe("chunks", () => chunkStories(setup));
    describe("an index of chunks", () => {
      chunkIndexStories(setup);
      if (compared) comparedChunks(setup);
    });
    describe("subscriptions", () => subscriptionStories(setup));
    describe("shares", () => shareStories(setup));
    describe("the change feed", () => changeFeedStories(setup));
    describe("erasures", () => erasureStories(setup));
    describe("files", () => fileStories(setup));
    describe("keeping", () => keepingStories(setup));
    describe("daily usage", () => dailyUsageStories(setup));
    describe("conversations", () => conversationStories(setup));
    describe("agents", () => agentStories(setup));
    describe("keys", () => keyStories(setup));
    describe("the audit log", () => auditStories(setup));
    describe("settings", () => settingStories(setup));
    describe("leases", () => leaseStories(setup));
    describe("people", () => peopleStories(setup));
  });
}
