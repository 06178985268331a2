/** People and groups that work can be given to, and the amount of work. */
import { z } from "zod";
import type { DirectoryEntry } from "../../task/people/directory.ts";
import { IDENTITY_TYPES, type IdentityType } from "../../task/people/identity.ts";
import { firstParam, wholeParam, wholeWire } from "../paging.ts";
import { anyQuery, isName, type Route, route } from "../route.ts";
import { Caller } from "./caller.ts";
import type { Links } from "./links.ts";
import { collection, pageLinks } from "./page.ts";
import { WORKLIST_STATE_OF } from "./vocabulary.ts";

const text = firstParam(z.string().max(255).optional(), { type: "string" });
const LIMIT = { min: 1, max: 100, usual: 25 };
const OFFSET = { min: 0, max: 1_000_000, usual: 0 };

const identity = z.looseObject({ id: z.string(), type: z.enum(IDENTITY_TYPES), title: z.string() });
const answers = [{ status: 200, about: "Who it is", schema: identity }];
const counts = z.record(z.string(), z.int());
const metrics = z.strictObject({ byState: counts, byPriority: counts, overdue: z.int(), asOf: z.string() });

export const identityRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/identities",
    id: "retrieve_identities",
    scope: "tasks",
    tag: "identities",
    summary: "Find users, groups and roles",
    query: z.object({
      searchPattern: text.describe("Of the id or the name; * stands for any characters"),
      scope: firstParam(
        z
          .string()
          .default("all")
          .transform((given) => given.toLowerCase().replace("application_role", "role"))
          .pipe(z.enum(["all", ...IDENTITY_TYPES])),
        { type: "string", enum: ["all", ...IDENTITY_TYPES], default: "all" },
      ),
      email: text,
      firstName: text,
      lastName: text,
      limit: firstParam(wholeParam(LIMIT), wholeWire(LIMIT)),
      offset: firstParam(wholeParam(OFFSET), wholeWire(OFFSET)),
    }),
    refuses: ["invalid", "unauthenticated"],
    answers: [{ status: 200, about: "A page of them", schema: collection.extend({ items: z.array(identity) }) }],
    handle: async (call) => {
      const { searchPattern, scope, email, firstName, lastName, limit, offset } = call.query;
      const { links, principal, verbs } = new Caller(call);
      const { identities, total } = await verbs.human.identities(
        principal,
        {
          ...(scope !== "all" && { type: scope }),
          ...(searchPattern !== undefined && { pattern: searchPattern }),
          ...(email !== undefined && { email }),
          ...(firstName !== undefined && { firstName }),
          ...(lastName !== undefined && { lastName }),
        },
        { limit, offset },
      );
      const items = identities.map((entry) => wireIdentityOf(links, entry));
      const hasMore = offset + items.length < total;
      const further = pageLinks(links, "/identities", call.search(), { offset, size: limit, hasMore });
      return {
        status: 200,
        body: { count: items.length, hasMore, items, limit, offset, totalResult: total, links: further },
      };
    },
  }),
  ...IDENTITY_TYPES.map((type) => identityRoute(type)),
  route({
    method: "GET",
    path: "/tasks/task-metrics",
    id: "retrieve_metrics",
    scope: "tasks",
    tag: "tasks",
    summary: "Count the tasks that the caller may see",
    query: anyQuery,
    refuses: ["unauthenticated"],
    answers: [{ status: 200, about: "How many there are", schema: metrics }],
    handle: async ({ principal, verbs, parts }) => {
      const { byState, byPriority, overdue } = await verbs.human.counts(principal, { of: "all" });
      const named = Object.entries(WORKLIST_STATE_OF).flatMap(([state, word]) => {
        const count = new Map(Object.entries(byState)).get(state) ?? 0;
        return count > 0 ? [[word, count] as const] : [];
      });
      const asOf = new Date(parts.now()).toISOString();
      return { status: 200, body: { byState: Object.fromEntries(named), byPriority, overdue, asOf } };
    },
  }),
];

function identityRoute(type: IdentityType): Route {
  return route({
    method: "GET",
    path: `/identities/${type}/{id}`,
    id: `retrieve_${type}`,
    scope: "tasks",
    tag: "identities",
    summary: `Retrieve a ${type}`,
    params: { id: { about: "Its id.", is: isName } },
    query: anyQuery,
    refuses: ["unauthenticated", "not_found"],
    answers,
    handle: async (call) => {
      const { links, principal, verbs } = new Caller(call);
      const entry = await verbs.human.identity(principal, { type, id: call.params.id });
      return { status: 200, body: wireIdentityOf(links, entry) };
    },
  });
}

function wireIdentityOf(links: Links, { type, id, name, firstName, lastName, email, mobile }: DirectoryEntry) {
  return {
    title: name,
    id,
    type,
    idLink: links.to("self", `/identities/${type}/${encodeURIComponent(id)}`),
    ...(firstName !== null && { firstName }),
    ...(lastName !== null && { lastName }),
    ...(email !== null && { email }),
    ...(mobile !== null && { mobile }),
  };
}
