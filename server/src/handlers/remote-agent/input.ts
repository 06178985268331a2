/** The input of kind `remote_agent`: the agent and the question. */
import { z } from "zod";
import { agentReach } from "../../task/agent/agent-reach.ts";
import { part } from "../../task/part.ts";

const ADDRESS_CHARACTERS_MAX = 2_048;

export const remoteAgentInput = z
  .strictObject({
    /** A configured agent, */
    agent: z.string().min(1).max(100).optional(),
    /** or any other, by the address of its card or of what stands before `.well-known`. */
    url: z
      .url({ protocol: /^https?$/ })
      .max(ADDRESS_CHARACTERS_MAX)
      .optional(),
    query: z.string().min(1).max(1_000_000),
    attachments: z.array(part).max(100).default([]),
    /** The other side's name of the conversation to go on with. */
    context: z.string().min(1).max(255).optional(),
    /** Hosts within the asking agent's reach; absent: all that the server may. */
    reach: agentReach.optional(),
  })
  .refine(({ agent, url }) => (agent === undefined) !== (url === undefined), {
    path: ["agent"],
    message: "either agent or url says who is asked",
  });
export type RemoteAgentInput = z.infer<typeof remoteAgentInput>;

/** Agents of other servers, by name. */
export const remoteAgents = z.record(
  z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "must be 1 to 63 of a-z, 0-9 and '-'"),
  z.strictObject({
    url: z.url({ protocol: /^https?$/ }).max(ADDRESS_CHARACTERS_MAX),
    /** What it is good for, told to agents that have it as a tool. */
    description: z.string().max(2_000).default(""),
    /** Headers such as `Authorization`, sent to the origin of `url` only. */
    headers: z.record(z.string().max(100), z.string().max(8_000)).default({}),
  }),
);
export type RemoteAgents = z.infer<typeof remoteAgents>;
export type RemotePlace = RemoteAgents[string];
