/** Configured agents of other servers: a kind of task that asks one, and a tool of our agents for each. */
import type { Config } from "../config.ts";
import type { Tool } from "../handlers/agent/tool.ts";
import { askRemoteAgentTool } from "../handlers/agent/tools/ask-remote-agent.ts";
import { type RemoteAgentParts, remoteAgentHandler } from "../handlers/remote-agent/remote-agent.ts";
import { guardedFetch } from "../outgoing/guarded-fetch.ts";
import type { Outgoing } from "../task/agent/agent-reach.ts";
import type { Handler } from "../task/handler.ts";
import { outgoingClient } from "./outbox.ts";

/** An answer is a task with all its outputs. */
const ANSWER_BYTES_MAX = 32 << 20;
const REDIRECTS_MAX = 5;

export function remoteAgentHandlerOf({ outgoing, remoteAgents }: Config, files: RemoteAgentParts["files"]): Handler {
  const client = outgoingClient(outgoing);
  return remoteAgentHandler({
    agents: remoteAgents,
    outgoing: (refusal) => guardedFetch(client, { bytesMax: ANSWER_BYTES_MAX, longStreams: true, refusal }),
    files,
  });
}

/** How tools reach other servers: as far as callers may send this server, within the reach of their agent. */
export function toolFetchOf({ outgoing }: Config): Outgoing {
  const client = outgoingClient(outgoing);
  return (refusal) => guardedFetch(client, { bytesMax: ANSWER_BYTES_MAX, redirectsMax: REDIRECTS_MAX, refusal });
}

/** Tools for agents beside the built-in ones: the configured ones, and one for each remote agent. */
export function toolsOf({ tools, remoteAgents }: Config): Tool[] {
  const remote = Object.entries(remoteAgents).map(([name, { description }]) => askRemoteAgentTool(name, description));
  return [...tools, ...remote];
}
