/**
 * Who may see what. Every place that shows or hides a task, a conversation, an agent or a key asks here; what may not be
 * seen is `not_found`, so that nobody learns that it exists.
 */
import type { AgentRecord } from "./agent/agent.ts";
import type { Key } from "./key.ts";
import { type Identity, identitiesOf, isMember, type Member } from "./people/identity.ts";
import type { Principal } from "./principal.ts";
import type { Task } from "./task.ts";

/** Whoever submitted, opened or was given it. */
type Owned = { tenant: string; user: string };

/** Whose things: those of one user of a tenant, or (null) of all its users. Stores filter lists by it. */
export type Visible = { tenant: string; user: string | null };

/** The same of tasks: beside them those in which one of these takes part. */
export type VisibleTasks = Visible & { as?: readonly Identity[] };

/** The conversations, documents and stores that a principal may see. */
export function visibleTo(principal: Principal): Visible {
  return { tenant: principal.tenant, user: looksAfterAll(principal) ? null : principal.user };
}

/** The tasks that a principal may see. */
export function tasksVisibleTo(principal: Principal): VisibleTasks {
  return looksAfterAll(principal) ? visibleTo(principal) : { ...visibleTo(principal), as: identitiesOf(principal) };
}

/** Whoever may see and steer every task of the tenant. */
export function looksAfterAll({ scopes }: Principal): boolean {
  return scopes.has("tasks:all");
}

export function isAmong(visible: Visible, { tenant, user }: Owned): boolean {
  return tenant === visible.tenant && (visible.user === null || visible.user === user);
}

/** Whether a principal may see this conversation; of a task, whether it may also steer it. */
export function mayRead(principal: Principal, thing: Owned): boolean {
  return isAmong(visibleTo(principal), thing);
}

/** Whether a principal may see this task: its own, one of the tenant that it looks after, or one in which it takes part. */
export function mayReadTask(principal: Principal, task: Owned & Pick<Task, "assignment">): boolean {
  return mayRead(principal, task) || (task.tenant === principal.tenant && takesPart(principal, task.assignment));
}

/** As somebody who is to act, or took it, as its owner, its reviewer, or as whoever has acted on it before. */
function takesPart(member: Member, assignment: Task["assignment"]): boolean {
  if (assignment === null) return false;
  const { assignees, owner, reviewers, actors, claimedBy } = assignment;
  return (
    [...assignees, owner, ...reviewers].some((identity) => isMember(member, identity)) ||
    claimedBy === member.user ||
    actors.includes(member.user)
  );
}

/** Whether it is the principal's own: seeing the whole tenant's is not enough to add to another's conversation. */
export function isOwn(principal: Principal, { tenant, user }: Owned): boolean {
  return tenant === principal.tenant && user === principal.user;
}

/** Those of a line of keys alone, where `within` names the key at its top. */
export type KeysVisible = Visible & { within?: string };

/** Of everybody of a tenant. */
export type TenantVisible = { tenant: string; user: null };

/** The agents that a principal may see and use: all that users of its tenant have made. */
export function agentsVisibleTo({ tenant }: Principal): TenantVisible {
  return { tenant, user: null };
}

/** Whoever made an agent may change it, and who looks after the whole tenant. */
export function mayChange(principal: Principal, agent: Pick<AgentRecord, "tenant" | "user">): boolean {
  const looksAfterAll = principal.scopes.has("tasks:all") || principal.scopes.has("admin");
  return isOwn(principal, agent) || (agent.tenant === principal.tenant && looksAfterAll);
}

/** A worker knows the tasks of its tenant that some worker holds or has held, whoever submitted them. */
export function mayWorkOn(principal: Principal, task: Pick<Task, "tenant" | "user" | "lease" | "lastClaim">): boolean {
  const wasClaimed = task.lease !== null || task.lastClaim !== null;
  return mayRead(principal, task) || (task.tenant === principal.tenant && wasClaimed);
}

/** The keys that a principal may see and revoke: a child sees itself and those below it, whoever manages the tenant all. */
export function keysVisibleTo({ tenant, user, scopes, keyId, above }: Principal): KeysVisible {
  if (scopes.has("admin")) return { tenant, user: null };
  return above === undefined ? { tenant, user } : { tenant, user, within: keyId };
}

export function mayManage(principal: Principal, key: Pick<Key, "id" | "tenant" | "user" | "above">): boolean {
  const { within, ...owners } = keysVisibleTo(principal);
  return within === undefined ? isAmong(owners, key) : key.tenant === owners.tenant && isInLine(within, key);
}

/** Whether a key is this one, or below it. */
export function isInLine(id: string, key: Pick<Key, "id" | "above">): boolean {
  return key.id === id || key.above.includes(id);
}

/** The tenant of whoever runs the server: keys that the command line makes are of it unless they say another. */
const HOUSE = "default";
/**
 * Whose audit log a principal with the scope for it reads: that of its tenant; of the house, or with a key that is shown
 * the whole server, also what is nobody's.
 */
export function auditedFor({ tenant, scopes }: Principal): string[] {
  return tenant === HOUSE || scopes.has("metrics") ? [tenant, NOBODY] : [tenant];
}

/** In the place of the tenant of what is nobody's but the server's own. */
export const NOBODY = "";
