/** All verbs, over an engine and a store. */
import type { Clock } from "../../engine/clock.ts";
import type { Engine } from "../../engine/engine.ts";
import type { Ids } from "../../engine/ids.ts";
import type { Store } from "../../store/store.ts";
import type { KeyLifetimes } from "../../task/key.ts";
import type { Directory } from "../../task/people/directory.ts";
import type { Verbs } from "../verbs.ts";
import { type AgentCatalog, AgentVerbs } from "./agent-verbs.ts";
import type { AllowedModels } from "./allowed-models.ts";
import { AuditVerbs } from "./audit-verbs.ts";
import { ConversationVerbs } from "./conversation-verbs.ts";
import { DocumentVerbs } from "./document-verbs.ts";
import type { Erasing } from "./erasing.ts";
import { ErasureVerbs } from "./erasure-verbs.ts";
import { GuardrailVerbs, type TextChecker } from "./guardrail-verbs.ts";
import { HumanVerbs } from "./human-verbs.ts";
import { KeyVerbs } from "./key-verbs.ts";
import { PaidRequests } from "./paid-requests.ts";
import type { HeldBoundsOf } from "./share-of.ts";
import type { Retrieval } from "./store-searches.ts";
import type { TraceBegins } from "./submit-task.ts";
import { type Receivers, SubscriptionVerbs } from "./subscription-verbs.ts";
import { TaskVerbs } from "./task-verbs.ts";
import { type UploadsAtOnce, UploadVerbs } from "./upload-verbs.ts";
import { UsageVerbs } from "./usage-verbs.ts";
import { VectorStoreVerbs } from "./vector-store-verbs.ts";
import { WorkVerbs } from "./work-verbs.ts";

export type VerbsParts = {
  engine: Engine;
  store: Store;
  clock: Clock;
  /** The engine's own ids too: those of one process are in order of creation. */
  ids: Ids;
  random: () => number;
  /** Absent: documents are kept, and nothing is found by its text. */
  retrieval?: Retrieval;
  /** Absent: the only agents are those that callers make, and they have no tools. */
  catalog?: AgentCatalog;
  /** Absent: users are known by their keys only. */
  directory?: Directory;
  /** Absent: tasks are part of the traces that their callers name, and of no others. */
  trace?: TraceBegins;
  /** Absent: there are no webhooks. */
  receivers?: Receivers;
  /** Absent: callers may use the models that their keys name. */
  allowedModels?: AllowedModels;
  /** Absent: open tasks, money per day and stored bytes are unbounded. */
  heldBounds?: HeldBoundsOf;
  /** Absent: keys do not expire. */
  keyLifetimes?: KeyLifetimes;
  /** Absent: an erasure begins at the next start with this part. */
  erasing?: Pick<Erasing, "goOn">;
  /** Absent: the usual bounds on simultaneous uploads. */
  uploadsAtOnce?: UploadsAtOnce;
  /** Absent: texts are checked in runs only. */
  checkText?: TextChecker;
  /** Absent: payments outside of tasks are told to the store only. */
  paid?: PaidRequests;
};

const NO_CATALOG: AgentCatalog = { configured: [], tools: [], modelProblem: () => null };

export function createVerbs(parts: VerbsParts): Verbs {
  const { store, clock, ids } = parts;
  const paid = parts.paid ?? new PaidRequests(store, clock, ids, { boundsOf: parts.heldBounds });
  return {
    tasks: new TaskVerbs(parts),
    agents: new AgentVerbs(store, clock, ids, parts.catalog ?? NO_CATALOG),
    guardrails: new GuardrailVerbs(parts.checkText ?? null, paid),
    work: new WorkVerbs(parts),
    human: new HumanVerbs(parts, parts.directory),
    conversations: new ConversationVerbs(store, clock, ids, parts.heldBounds),
    keys: new KeyVerbs(store, clock, ids, parts.directory, parts.keyLifetimes),
    subscriptions: new SubscriptionVerbs(parts),
    usage: new UsageVerbs(store, clock, parts.heldBounds),
    audit: new AuditVerbs(store.audit, clock),
    erasures: new ErasureVerbs({ store, clock, ids, erasing: parts.erasing ?? { goOn: () => {} } }),
    uploads: new UploadVerbs(store.files, parts.uploadsAtOnce),
    documents: new DocumentVerbs(parts, parts.retrieval?.chunks ?? null),
    vectorStores: new VectorStoreVerbs(parts, parts.retrieval ?? null, paid),
  };
}
