/** The verbs of agents, over a store and the server's configuration. */
import type { Clock } from "../../engine/clock.ts";
import type { Ids } from "../../engine/ids.ts";
import type { AgentPlace } from "../../store/agent-store.ts";
import type { Store } from "../../store/store.ts";
import { type AgentDefinition, type AgentRecord, agentDefinition, slugOf } from "../../task/agent/agent.ts";
import { isWithinReach } from "../../task/agent/agent-reach.ts";
import { type AuditEntry, auditEntry } from "../../task/audit.ts";
import { notFound, Refusal } from "../../task/errors.ts";
import { isUuid } from "../../task/id.ts";
import { foundWrong } from "../../task/json/found-wrong.ts";
import { type JsonObject, wellFormed } from "../../task/json/json.ts";
import { mustHave, type Principal } from "../../task/principal.ts";
import type { Idempotency } from "../../task/submission.ts";
import { PAGE_LIMIT_MAX } from "../../task/task-filter.ts";
import { didYouMean, fieldErrors } from "../../task/text/spelling.ts";
import { agentsVisibleTo, mayChange } from "../../task/visibility.ts";
import type { Agent, AgentFilter, Agents, AgentUpdate, NewAgent, OfferedTool, RemovedAgent } from "../agents.ts";
import { ConfiguredAgents } from "./configured-agents.ts";
import { idempotencyRecord, mustBeSameRequest } from "./idempotency.ts";

/** A server's agents and tools beside those that callers make. */
export type AgentCatalog = {
  /** The default first. */
  configured: readonly AgentDefinition[];
  /** What tools of callers' agents may reach; absent: all that the server may. */
  reach?: readonly string[] | undefined;
  /** All tools of the server. */
  tools: readonly OfferedTool[];
  /** What is wrong with the name of a model, as a sentence; null for an existing one. */
  modelProblem: (model: string) => string | null;
};

/** Replaces a lens's name. */
const IDEMPOTENCY_SCOPE = "agents";
/** Slugs that are tried when a name's own is taken. */
const SLUG_TRIES_MAX = 20;
/** Tries of a change that other changes come before. */
const CHANGE_TRIES_MAX = 3;
const TOLD_MAX = 20;

export class AgentVerbs implements Agents {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #catalog: AgentCatalog;
  readonly #configured: ConfiguredAgents;
  readonly #toolNames: ReadonlySet<string>;

  constructor(store: Store, clock: Clock, ids: Ids, catalog: AgentCatalog) {
    this.#store = store;
    this.#clock = clock;
    this.#ids = ids;
    this.#catalog = catalog;
    this.#configured = new ConfiguredAgents(catalog.configured);
    this.#toolNames = new Set(catalog.tools.map(({ name }) => name));
  }

  async list(
    principal: Principal,
    filter: AgentFilter,
    { limit, cursor }: { limit: number; cursor?: string },
  ): Promise<{ agents: Agent[]; next: string | null }> {
    const size = Math.min(limit, PAGE_LIMIT_MAX);
    const from = placeOf(cursor);
    const configured = "skip" in from ? this.#configured.list(filter).slice(from.skip) : [];
    if (configured.length > size) {
      const skip = ("skip" in from ? from.skip : 0) + size;
      return { agents: configured.slice(0, size), next: cursorOf({ skip }) };
    }
    const after = "skip" in from ? null : from;
    const room = size - configured.length;
    // One more than the page needs is read: it tells whether there is a next page.
    const found = await this.#store.agents.agents(
      agentsVisibleTo(principal),
      { ...filter, hidden: filter.hidden ?? false },
      { limit: Math.max(room, 1), after },
    );
    if (room === 0) {
      const skip = ("skip" in from ? from.skip : 0) + size;
      return { agents: [...configured], next: found.agents.length > 0 ? cursorOf({ skip }) : null };
    }
    return { agents: [...configured, ...found.agents.map(shown)], next: found.next && cursorOf(found.next) };
  }

  async get(principal: Principal, idOrSlug: string): Promise<Agent> {
    return this.#configured.find(idOrSlug) ?? shown(await this.#record(principal, idOrSlug));
  }

  tools(): readonly OfferedTool[] {
    return this.#catalog.tools;
  }

  async create(
    principal: Principal,
    given: NewAgent,
    idempotency?: Idempotency,
  ): Promise<{ agent: Agent; replayed: boolean }> {
    mustHave(principal, "tasks");
    const now = this.#clock.now();
    const id = this.#ids.uuid(now);
    const own = `agent-${id.replaceAll("-", "").slice(-12)}`;
    const wanted = wellFormed(given);
    const definition = this.#held(
      principal,
      defined({ ...wanted, slug: wanted.slug ?? slugOf(wanted.name, own) }),
      this.#catalog.reach,
    );
    await this.#mustBeThere(principal, definition, definition);
    const record = idempotency && idempotencyRecord(principal, IDEMPOTENCY_SCOPE, idempotency, now);
    const { tenant, user } = principal;
    const times = { createdAt: now, updatedBy: user, updatedAt: now };
    for (let tries = 1; ; tries++) {
      const slug = wanted.slug ?? numbered(definition.slug, tries, own);
      const agent: AgentRecord = { id, tenant, user, version: 1, definition: { ...definition, slug }, ...times };
      try {
        this.#mustNotBeConfigured(agent.definition);
        const done = await this.#store.agents.addAgent(agent, this.#audit(principal, "create", agent), record);
        if ("added" in done) return { agent: shown(agent), replayed: false };
        mustBeSameRequest(idempotency, done.hash);
        return { agent: await this.get(principal, done.replayed), replayed: true };
      } catch (error) {
        if (wanted.slug !== undefined || tries === SLUG_TRIES_MAX || !isTaken(error, "slug")) throw error;
      }
    }
  }

  async update(principal: Principal, idOrSlug: string, given: AgentUpdate, revision?: number): Promise<Agent> {
    const update = wellFormed(given);
    for (let tries = 1; ; tries++) {
      const before = await this.#changeable(principal, idOrSlug, revision);
      const definition = this.#held(principal, merged(before.definition, update), before.definition.reach);
      await this.#mustBeThere(principal, definition, update);
      if (update.name !== undefined) this.#mustNotBeConfigured(definition);
      const now = this.#clock.now();
      const agent: AgentRecord = {
        ...before,
        version: before.version + 1,
        definition,
        updatedBy: principal.user,
        updatedAt: Math.max(now, before.updatedAt),
      };
      if (await this.#store.agents.changeAgent(agent, this.#audit(principal, "update", agent))) return shown(agent);
      if (tries === CHANGE_TRIES_MAX) throw changedMeanwhile();
    }
  }

  async delete(principal: Principal, idOrSlug: string, revision?: number): Promise<RemovedAgent> {
    for (let tries = 1; ; tries++) {
      const agent = await this.#changeable(principal, idOrSlug, revision);
      const audit = this.#audit(principal, "delete", agent);
      if (await this.#store.agents.removeAgent(agent, audit))
        return { ...shown(agent), deletedBy: principal.user, deletedAt: audit.at };
      if (tries === CHANGE_TRIES_MAX) throw changedMeanwhile();
    }
  }

  async #record(principal: Principal, idOrSlug: string): Promise<AgentRecord> {
    const agent = await this.#store.agents.agent(agentsVisibleTo(principal), idOrSlug);
    if (!agent) throw notFound("Agent");
    return agent;
  }

  /** The current agent, if the principal may change it and has seen this revision. */
  async #changeable(principal: Principal, idOrSlug: string, revision: number | undefined): Promise<AgentRecord> {
    mustHave(principal, "tasks");
    if (this.#configured.find(idOrSlug))
      throw new Refusal("forbidden", "This agent is declared in the server's configuration, and changes there alone.");
    const agent = await this.#record(principal, idOrSlug);
    if (!mayChange(principal, agent))
      throw new Refusal(
        "forbidden",
        `This agent is ${agent.user}'s: its maker may change it, or a key with tasks:all.`,
      );
    if (revision !== undefined && revision !== agent.version) throw changedMeanwhile();
    return agent;
  }

  /**
   * The reach of its tools is widened only by the operator: by configuration, or with `admin`. `reach` is the agent's own, which
   * applies unless a wider one is allowed.
   */
  #held(principal: Principal, definition: AgentDefinition, reach: readonly string[] | undefined): AgentDefinition {
    const most = this.#catalog.reach;
    const wanted = definition.reach;
    if (isWithinReach(wanted, reach) || (most !== undefined && isWithinReach(wanted, most))) return definition;
    if (principal.scopes.has("admin")) return definition;
    if (wanted === undefined && reach === most && most !== undefined) return { ...definition, reach: [...most] };
    const more = wanted === undefined ? "whatever the server may" : "more than it may now";
    throw new Refusal("forbidden", `Tools of an agent reach ${more} only where a key with the scope admin says so.`, {
      field: "reach",
    });
  }

  /** The things that `given` names must exist. */
  async #mustBeThere(
    principal: Principal,
    { model, tools = [], collaborators, slug }: AgentDefinition,
    given: { model?: unknown; tools?: unknown; collaborators?: unknown },
  ): Promise<void> {
    const { modelProblem } = this.#catalog;
    const problem = given.model === undefined || model === undefined ? null : modelProblem(model);
    if (problem !== null) throw unfit("model", problem);
    const strange = given.tools === undefined ? undefined : tools.find((name) => !this.#toolNames.has(name));
    if (strange !== undefined) {
      const known = [...this.#toolNames].slice(0, TOLD_MAX).join(", ");
      const meant = didYouMean(strange, this.#toolNames);
      throw unfit("tools", `there is no tool ${JSON.stringify(strange)}.${meant} Tools: ${known}.`);
    }
    if (given.collaborators === undefined) return;
    for (const name of new Set(collaborators)) {
      if (name === slug || this.#configured.find(name)) continue;
      if (await this.#store.agents.agent(agentsVisibleTo(principal), name)) continue;
      throw unfit("collaborators", `there is no agent ${JSON.stringify(name)}.`);
    }
  }

  #mustNotBeConfigured({ slug, name }: AgentDefinition): void {
    const field = this.#configured.find(slug) ? "slug" : this.#configured.hasName(name) ? "name" : null;
    if (field === null) return;
    throw new Refusal("conflict", `The server's configuration has an agent of this ${field}: choose another one.`, {
      field,
    });
  }

  #audit(
    principal: Principal,
    act: "create" | "update" | "delete",
    { id, version, definition: { slug } }: AgentRecord,
  ): AuditEntry {
    return auditEntry(principal, `agents.${act}`, this.#clock.now(), { detail: { agent: id, slug, version } });
  }
}

function shown({ id, version, definition, user, createdAt, updatedBy, updatedAt }: AgentRecord): Agent {
  return { id, version, definition, configured: false, createdBy: user, createdAt, updatedBy, updatedAt };
}

function defined(given: unknown): AgentDefinition {
  const parsed = foundWrong(agentDefinition, given, fieldErrors);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw unfit((issue?.path ?? []).map(String).join("."), issue?.message ?? "does not fit");
}

function merged(before: AgentDefinition, { properties, ...update }: AgentUpdate): AgentDefinition {
  const fields: Record<string, unknown> = { ...before };
  for (const [name, value] of Object.entries(update)) {
    if (value === null) delete fields[name];
    else if (value !== undefined) fields[name] = value;
  }
  if (properties === null) delete fields["properties"];
  if (properties) fields["properties"] = mergedProperties(before.properties, properties);
  return defined(fields);
}

function mergedProperties(before: JsonObject, update: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries({ ...before, ...update }).filter(([, value]) => value !== null));
}

/** The slug itself, then `slug-2`, `slug-3` ...; in the end one that nobody has. */
function numbered(slug: string, tries: number, own: string): string {
  if (tries === 1) return slug;
  return tries === SLUG_TRIES_MAX ? own : `${slug.slice(0, 60)}-${tries}`;
}

type Place = { skip: number } | AgentPlace;

function cursorOf(place: Place): string {
  return "skip" in place ? `c${place.skip}` : `${place.createdAt}.${place.id}`;
}

function placeOf(cursor: string | undefined): Place {
  if (cursor === undefined) return { skip: 0 };
  const skip = /^c(\d{1,6})$/.exec(cursor)?.[1];
  if (skip !== undefined) return { skip: Number(skip) };
  const [, createdAt, id = ""] = /^(\d{1,15})\.(.{36})$/.exec(cursor) ?? [];
  if (createdAt === undefined || !isUuid(id))
    throw new Refusal("invalid", "This cursor is of no page of this list.", { field: "cursor" });
  return { createdAt: Number(createdAt), id };
}

function unfit(field: string, message: string): Refusal {
  return new Refusal("invalid", field === "" ? message : `${field}: ${message}`, { field });
}

function changedMeanwhile(): Refusal {
  return new Refusal("conflict", "The agent has changed meanwhile: read it again, and change what it is now.", {
    field: "If-Match",
  });
}

function isTaken(error: unknown, field: string): boolean {
  return error instanceof Refusal && error.code === "conflict" && error.detail.field === field;
}
