/** The verbs of erasures. `erasing.ts` runs them. */
import type { Clock } from "../../engine/clock.ts";
import type { Ids } from "../../engine/ids.ts";
import type { Store } from "../../store/store.ts";
import { auditEntry } from "../../task/audit.ts";
import type { Erasure, ErasureSubject } from "../../task/erasure.ts";
import { notFound, Refusal } from "../../task/errors.ts";
import { isUuid } from "../../task/id.ts";
import { mustHave, type Principal } from "../../task/principal.ts";
import { mayRead } from "../../task/visibility.ts";
import type { Erasures } from "../erasures.ts";
import type { Erasing } from "./erasing.ts";

/** Erasures of a list that are looked at: its reader may see only some of them. */
const LOOKED_AT_MAX = 1_000;

type Parts = { store: Store; clock: Clock; ids: Ids; erasing: Pick<Erasing, "goOn"> };

export class ErasureVerbs implements Erasures {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async begin(principal: Principal, subject: ErasureSubject): Promise<Erasure> {
    const { store, clock, ids, erasing } = this.#parts;
    mustHave(principal, "tasks");
    if (subject.type === "user") mustHave(principal, "admin");
    else await this.#mustBeTheirs(principal, subject.id);
    const { tenant, user } = principal;
    const now = clock.now();
    const wanted: Erasure = {
      id: `erasure_${ids.uuid(now).replaceAll("-", "")}`,
      tenant,
      subject,
      state: "running",
      requestedBy: user,
      requestedAt: now,
      ...{ endedAt: null, removed: {}, kept: [], since: null, backups: [] },
    };
    // The log outlives the erased data: it names no user here.
    const detail = { erasure: wanted.id, of: subject.type };
    const begun = await store.erasures.begin(wanted, auditEntry(principal, "erasures.begin", now, { detail }));
    erasing.goOn();
    return begun;
  }

  async get(principal: Principal, id: string): Promise<Erasure> {
    mustHave(principal, "tasks");
    const found = await this.#parts.store.erasures.find(principal.tenant, id);
    if (!found || !maySee(principal, found)) throw notFound("Erasure");
    return found;
  }

  async list(principal: Principal, limit: number): Promise<Erasure[]> {
    mustHave(principal, "tasks");
    const all = await this.#parts.store.erasures.list(principal.tenant, LOOKED_AT_MAX);
    return all.filter((each) => maySee(principal, each)).slice(0, limit);
  }

  /** For an administrator also a deleted conversation that is not yet swept. */
  async #mustBeTheirs(principal: Principal, id: string): Promise<void> {
    if (!isUuid(id)) throw notFound("Conversation");
    const { store } = this.#parts;
    const found = await store.conversation(id);
    if (found ? found.tenant !== principal.tenant : !(await store.isConversation(id))) throw notFound("Conversation");
    if (principal.scopes.has("admin")) return;
    if (!found || !mayRead(principal, found)) throw notFound("Conversation");
    if (found.user !== principal.user)
      throw new Refusal("forbidden", "Only its owner may erase a conversation, or a key with the scope admin.");
  }
}

function maySee({ user, scopes }: Principal, { requestedBy }: Erasure): boolean {
  return scopes.has("admin") || requestedBy === user;
}
