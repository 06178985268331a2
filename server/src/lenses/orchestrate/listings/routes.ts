/**
 * Lists that the vendor's command line reads before it lists, imports or asks an agent, and without which it stops: tools,
 * which are those of this server, and what there is none of here (agents and assistants elsewhere, toolkits, connections).
 * None of them can be written by this API.
 */
import { z } from "zod";
import { notFound, Refusal } from "../../../task/errors.ts";
import type { OfferedTool } from "../../../verbs/agents.ts";
import { anyQuery, type Route, route } from "../../route.ts";
import { success } from "../success.ts";
import { listOf, listQuery, nothing, type ToolOut, tool } from "./schema.ts";

const TAG = "Lists beside Agents";
const one = { id: { about: "An id", is: () => true } };

/** Agents name tools by their names, which so are their ids too. */
function toolOut({ name, description, inputSchema }: OfferedTool): ToolOut {
  return {
    id: name,
    name,
    display_name: name,
    description,
    permission: "read_only",
    input_schema: inputSchema,
    output_schema: { type: "string" },
    binding: { python: { function: `waybill:${name}` } },
    toolkit_id: null,
    is_async: false,
  };
}

/** `missing` is by what clients know that there is none; `by` are parameters of the list that ask for one. */
type Nothing = {
  path: `/${string}`;
  id: string;
  noun: string;
  body: unknown;
  missing?: string;
  by?: readonly string[];
};

/** A list with nothing in it, and that nothing is found by its id. */
function none({ path, id, noun, body, missing = `${noun} not found`, by = [] }: Nothing): Route[] {
  return [
    route({
      method: "GET",
      path,
      id: `list_${id}`,
      tag: TAG,
      scope: "any",
      summary: `List ${noun}s`,
      description: "This server has none.",
      query: listOf(by),
      refuses: ["unauthenticated", ...(by.length > 0 ? ["not_found" as const] : [])],
      answers: success(Array.isArray(body) ? nothing : z.record(z.string(), nothing)),
      handle: async ({ query }) => {
        if (by.some((name) => query[name] !== undefined)) throw new Refusal("not_found", missing);
        return { status: 200, body };
      },
    }),
    route({
      method: "GET",
      path: `${path}/{id}`,
      id: `get_${id}`,
      tag: TAG,
      scope: "any",
      summary: `Get ${noun}`,
      params: one,
      query: anyQuery,
      refuses: ["unauthenticated", "not_found"],
      answers: [{ status: 200, about: "Never", schema: z.never() }],
      handle: async () => {
        throw new Refusal("not_found", missing);
      },
    }),
  ];
}

export const listingRoutes: readonly Route[] = [
  ...none({
    ...{ path: "/v1/agents/external-chat", id: "external_agents", noun: "Agent", body: [] },
    missing: "Agent not found with the given name",
  }),
  ...none({ path: "/v1/assistants/watsonx", id: "external_assistants", noun: "Assistant", body: [] }),
  ...none({ path: "/v1/toolkits", id: "toolkits", noun: "Toolkit", body: [] }),
  ...none({
    ...{ path: "/v1/connections/applications", id: "connections", noun: "Connection", body: { applications: [] } },
    by: ["app_id", "connection_id"],
  }),
  route({
    method: "GET",
    path: "/v1/tools",
    id: "list_tools",
    tag: TAG,
    scope: "any",
    summary: "List Tools",
    description: "Those that an agent of this server may be given.",
    query: listQuery,
    refuses: ["unauthenticated"],
    answers: success(z.array(tool)),
    handle: async ({ principal, verbs, query: { names, ids } }) => {
      const wanted = names || ids ? new Set([...(names ?? []), ...(ids ?? [])]) : null;
      const tools = verbs.agents.tools(principal).filter(({ name }) => wanted === null || wanted.has(name));
      return { status: 200, body: tools.map(toolOut) };
    },
  }),
  route({
    method: "GET",
    path: "/v1/tools/{id}",
    id: "get_tool",
    tag: TAG,
    scope: "any",
    summary: "Get Tool",
    params: one,
    query: anyQuery,
    refuses: ["unauthenticated", "not_found"],
    answers: success(tool),
    handle: async ({ principal, verbs, params }) => {
      const found = verbs.agents.tools(principal).find(({ name }) => name === params.id);
      if (found === undefined) throw notFound("Tool");
      return { status: 200, body: toolOut(found) };
    },
  }),
];
