/**
 * The directory: who there is, as far as the configuration says: what people are called, what they belong to, and whom they
 * report to. Whoever has a key may be somebody else as well: nobody has to be in it. Pure.
 */
import { z } from "zod";
import type { Task } from "../task.ts";
import { IDENTITY_ID_MAX, type Identity, type IdentityType, isSame } from "./identity.ts";

const id = z.string().min(1).max(IDENTITY_ID_MAX);
const words = z.string().max(255);
const DEFAULT_TENANT = "default";

const user = z.strictObject({
  id,
  tenant: z.string().min(1).default(DEFAULT_TENANT),
  name: words.optional(),
  firstName: words.optional(),
  lastName: words.optional(),
  email: words.optional(),
  mobile: words.optional(),
  /** Whom work goes to that is escalated: the id of another user. */
  manager: id.optional(),
  groups: z.array(id).max(1_000).default([]),
  roles: z.array(id).max(1_000).default([]),
});
const named = z.strictObject({ id, tenant: z.string().min(1).default(DEFAULT_TENANT), name: words.optional() });

/** What a configuration says of identities. A group or role that a user names is there without a line of its own. */
export const directoryConfig = z.strictObject({
  users: z.array(user).max(100_000).default([]),
  groups: z.array(named).max(10_000).default([]),
  roles: z.array(named).max(10_000).default([]),
});
export type DirectoryConfig = z.output<typeof directoryConfig>;

/** Somebody or something that work can be given to. */
export type DirectoryEntry = Identity & {
  /** What people call it. */
  name: string;
  firstName: string | null;
  lastName: string | null;
  email: string | null;
  mobile: string | null;
  /** User id of the manager. */
  manager: string | null;
  groups: readonly string[];
  roles: readonly string[];
};

/** Each is a condition; `pattern` is of the id or the name, in any case, and `*` in it stands for any characters. */
export type IdentityQuery = {
  type?: IdentityType;
  pattern?: string;
  email?: string;
  firstName?: string;
  lastName?: string;
};

export class Directory {
  /** By tenant, sorted by id. */
  readonly #entries = new Map<string, DirectoryEntry[]>();
  readonly #byIdentity = new Map<string, DirectoryEntry>();

  constructor({ users, groups, roles }: DirectoryConfig = directoryConfig.parse({})) {
    for (const { tenant, id, name, firstName = null, lastName = null, email = null, mobile = null, ...rest } of users) {
      const full = [firstName, lastName].filter((part) => part !== null).join(" ");
      this.#add(tenant, {
        ...{ type: "user", id, name: name ?? (full || id), firstName, lastName, email, mobile },
        ...{ manager: rest.manager ?? null, groups: rest.groups, roles: rest.roles },
      });
      for (const group of rest.groups) this.#add(tenant, { type: "group", ...unnamed(group) });
      for (const role of rest.roles) this.#add(tenant, { type: "role", ...unnamed(role) });
    }
    for (const { tenant, id, name } of groups) this.#add(tenant, { type: "group", ...unnamed(id, name) });
    for (const { tenant, id, name } of roles) this.#add(tenant, { type: "role", ...unnamed(id, name) });
    for (const entries of this.#entries.values()) entries.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  find(tenant: string, { type, id }: Identity): DirectoryEntry | null {
    return this.#byIdentity.get(keyOf(tenant, { type, id })) ?? null;
  }

  search(tenant: string, query: IdentityQuery): DirectoryEntry[] {
    const fits = pattern(query.pattern);
    const is = (value: string | null, wanted: string | undefined) =>
      wanted === undefined || value?.toLowerCase() === wanted.toLowerCase();
    return (this.#entries.get(tenant) ?? []).filter(
      (entry) =>
        (query.type === undefined || entry.type === query.type) &&
        (fits(entry.id) || fits(entry.name)) &&
        is(entry.email, query.email) &&
        is(entry.firstName, query.firstName) &&
        is(entry.lastName, query.lastName),
    );
  }

  /** Who reports to this user. */
  reportsOf(tenant: string, manager: string): string[] {
    return (this.#entries.get(tenant) ?? []).filter((entry) => entry.manager === manager).map((entry) => entry.id);
  }

  /** Whom a task is escalated to: whom it names itself, or else the managers of those who have it now. */
  escalationOf({ tenant, assignment }: Pick<Task, "tenant" | "assignment">): Identity[] {
    if (assignment === null) return [];
    const { escalateTo, assignees, claimedBy } = assignment;
    if (escalateTo.length > 0) return escalateTo;
    const holders: Identity[] = claimedBy === null ? assignees : [{ type: "user", id: claimedBy }];
    const managers = holders.flatMap((holder): Identity[] => {
      const manager = this.find(tenant, holder)?.manager ?? null;
      return manager === null ? [] : [{ type: "user", id: manager }];
    });
    return managers.filter((each, at) => managers.findIndex((other) => isSame(each, other)) === at);
  }

  /** The first line about an identity counts, except that its name is that of its own line. */
  #add(tenant: string, entry: DirectoryEntry): void {
    const key = keyOf(tenant, entry);
    const known = this.#byIdentity.get(key);
    if (known) {
      if (known.name === known.id) known.name = entry.name;
      return;
    }
    this.#byIdentity.set(key, entry);
    const entries = this.#entries.get(tenant);
    if (entries) entries.push(entry);
    else this.#entries.set(tenant, [entry]);
  }
}

function unnamed(id: string, name = id): Omit<DirectoryEntry, "type"> {
  return { id, name, firstName: null, lastName: null, email: null, mobile: null, manager: null, groups: [], roles: [] };
}

function keyOf(tenant: string, { type, id }: Identity): string {
  return `${tenant}\n${type}\n${id}`;
}

/** Piece by piece: a pattern of a caller is no regular expression. Without a `*` it may be anywhere. */
function pattern(text = ""): (value: string) => boolean {
  const lower = text.toLowerCase();
  if (!lower.includes("*")) return (value) => value.toLowerCase().includes(lower);
  const [first = "", ...pieces] = lower.split("*");
  const last = pieces.pop() ?? "";
  return (given) => {
    const value = given.toLowerCase();
    if (!value.startsWith(first) || !value.endsWith(last) || value.length < first.length + last.length) return false;
    let at = first.length;
    for (const piece of pieces) {
      const found = value.indexOf(piece, at);
      if (found === -1) return false;
      at = found + piece.length;
    }
    return at <= value.length - last.length;
  };
}
