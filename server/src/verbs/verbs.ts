/**
 * All that callers may do, and all that lenses are handed.
 *
 * Every verb is bound to a principal. Times are Unix milliseconds, fields that end in `Ms` are milliseconds. What a verb
 * acknowledged is on disk. A verb that cannot do what is asked throws a `Refusal` with a code; each says which. Three
 * codes hold for all and are not repeated: `not_found` also stands for what the principal may not see, every verb
 * throws `unavailable` when the store is overloaded, closed or full, and what changes a task throws `conflict` when others
 * have changed it three times meanwhile.
 */
import type { Agents } from "./agents.ts";
import type { Audit } from "./audit.ts";
import type { Conversations } from "./conversations.ts";
import type { Documents } from "./documents.ts";
import type { Erasures } from "./erasures.ts";
import type { TextGuardrails } from "./guardrails.ts";
import type { HumanTasks } from "./human.ts";
import type { Keys } from "./keys.ts";
import type { Subscriptions } from "./subscriptions.ts";
import type { Tasks } from "./tasks.ts";
import type { Uploads } from "./uploads.ts";
import type { Usage } from "./usage.ts";
import type { VectorStores } from "./vector-stores.ts";
import type { Work } from "./work.ts";

export type Verbs = {
  tasks: Tasks;
  agents: Agents;
  guardrails: TextGuardrails;
  work: Work;
  human: HumanTasks;
  conversations: Conversations;
  keys: Keys;
  documents: Documents;
  vectorStores: VectorStores;
  uploads: Uploads;
  subscriptions: Subscriptions;
  usage: Usage;
  audit: Audit;
  erasures: Erasures;
};
