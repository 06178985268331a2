/** Agents: those of the configuration, and those that callers make. */
import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { Refusal } from "../../task/errors.ts";
import type { Agent } from "../../verbs/agents.ts";
import { IF_MATCH_FIELD } from "../error-answer.ts";
import { conditional } from "../etag.ts";
import { isName, JSON_TYPE, type Route, route } from "../route.ts";
import { agentUpdateOf, newAgentOf, wireAgent } from "./agent.ts";
import * as wire from "./agent-schema.ts";
import { paged } from "./schema.ts";
import { REPLAYED, REPLAYED_HEADER } from "./task-routes.ts";

const params = { slug: { about: "Its slug or its id.", is: isName } };
const ETAG = { ETag: "Changes with every change of the agent. Send it as If-None-Match, or as If-Match." };
const one = { status: 200, about: "The agent.", schema: wire.agent, headers: ETAG };
const ifMatch = { "If-Match": "The ETag that you have seen: 412 when the agent has changed since." };

export const agentRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/v1/agents",
    id: "listAgents",
    scope: "any",
    tag: "Agents",
    summary: "List agents",
    description:
      "Those of the configuration in their order, then those that users of your tenant have made, oldest first. A page " +
      "ends when it has about 1 MB: `next_cursor` leads on. `invalid` for a cursor that no page has given.",
    query: wire.agentsQuery,
    answers: [{ status: 200, about: "A page.", schema: paged(wire.agent) }],
    handle: async ({ principal, verbs, query: { limit, cursor, hidden, id, name } }) => {
      const filter = {
        hidden: hidden === "true",
        ...(id && { ids: id }),
        ...(name !== undefined && { names: [name] }),
      };
      const page = { limit, ...(cursor !== undefined && { cursor }) };
      const { agents, next } = await verbs.agents.list(principal, filter, page);
      return { status: 200, body: { data: agents.map(wireAgent), next_cursor: next } };
    },
  }),
  route({
    method: "POST",
    path: "/v1/agents",
    id: "createAgent",
    scope: "tasks",
    tag: "Agents",
    summary: "Make an agent",
    description:
      "Every user of your tenant may use it; you may change it, and keys with `tasks:all` or `admin`. `invalid` for a " +
      "model, a tool or a collaborator that there is not; `conflict` when the name or slug is taken, or the tenant has " +
      "10,000 agents.",
    body: wire.agentBody,
    idempotent: true,
    refuses: ["conflict"],
    answers: [
      {
        status: 201,
        about: "The agent.",
        schema: wire.agent,
        headers: { Location: "URL of the agent.", ...ETAG, ...REPLAYED },
      },
    ],
    handle: async ({ principal, verbs, body, idempotency }) => {
      const { agent, replayed } = await verbs.agents.create(principal, newAgentOf(body), idempotency);
      const { bytes, headers } = encoded(agent);
      const location = `/v1/agents/${agent.definition.slug}`;
      return { status: 201, bytes, headers: { ...headers, location, ...(replayed && REPLAYED_HEADER) } };
    },
  }),
  route({
    method: "GET",
    path: "/v1/agents/{slug}",
    id: "getAgent",
    scope: "any",
    tag: "Agents",
    summary: "Read an agent",
    description: "By its slug or its id. `not_found`.",
    params,
    answers: [one, { status: 304, about: "It has not changed since the `If-None-Match` that was sent." }],
    handle: async ({ principal, verbs, params, headers }) =>
      conditional(headers, encoded(await verbs.agents.get(principal, params.slug))),
  }),
  route({
    method: "PATCH",
    path: "/v1/agents/{slug}",
    id: "updateAgent",
    scope: "tasks",
    tag: "Agents",
    summary: "Change an agent",
    description:
      "Only what is sent changes, and what is null goes back to its default. Tasks that were let in go on with what the " +
      "agent was. `forbidden` for an agent of the configuration or of another user; `invalid` and `conflict` as when it " +
      "is made. `not_found`.",
    params,
    body: wire.agentPatch,
    headers: ifMatch,
    answers: [one],
    handle: async ({ principal, verbs, params, body, headers }) => {
      const revision = await seenRevision(headers, () => verbs.agents.get(principal, params.slug));
      const agent = await verbs.agents.update(principal, params.slug, agentUpdateOf(body), revision);
      return { status: 200, ...encoded(agent) };
    },
  }),
  route({
    method: "DELETE",
    path: "/v1/agents/{slug}",
    id: "deleteAgent",
    scope: "tasks",
    tag: "Agents",
    summary: "Delete an agent; its tasks stay, and go on",
    description: "`forbidden` for an agent of the configuration or of another user. `not_found`.",
    params,
    headers: ifMatch,
    answers: [{ status: 204, about: "Deleted." }],
    handle: async ({ principal, verbs, params, headers }) => {
      const revision = await seenRevision(headers, () => verbs.agents.get(principal, params.slug));
      await verbs.agents.delete(principal, params.slug, revision);
      return { status: 204 };
    },
  }),
];

function encoded(agent: Agent) {
  const bytes = Buffer.from(JSON.stringify(wireAgent(agent)));
  return {
    bytes,
    headers: { "content-type": JSON_TYPE, etag: etagOf(agent, bytes), "cache-control": "private, no-cache" },
  };
}

/** Another configuration may say something else of an agent without a version that rises. */
function etagOf({ id, version, configured }: Agent, bytes: Buffer): string {
  if (!configured) return `"${id}-${version}"`;
  return `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"`;
}

/**
 * The version that the caller has seen; undefined when it names none. Throws `conflict` when it is not the present one (RFC
 * 9110, 13.1.1).
 */
async function seenRevision(headers: IncomingHttpHeaders, read: () => Promise<Agent>): Promise<number | undefined> {
  const seen = headers["if-match"];
  if (seen === undefined || seen.trim() === "*") return undefined;
  const agent = await read();
  const { headers: own } = encoded(agent);
  if (seen.split(",").some((tag) => tag.trim() === own.etag)) return agent.version;
  throw new Refusal("conflict", "The agent has changed since the ETag that was sent: read it again.", {
    field: IF_MATCH_FIELD,
  });
}
