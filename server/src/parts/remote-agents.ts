/** Agents of other servers, as the configuration has them: the kind of task that asks one, and a tool of our agents for each. */
import type { Config } from "../config.ts";
import type { Tool } from "../handlers/agent/tool.ts";
import { askRemoteAgentTool } from "../handlers/agent/tools/ask-remote-agent.ts";
import { type RemoteAgentParts, remoteAgentHandler } from "../handlers/remote-agent/remote-agent.ts";
import { guardedFetch } from "../outgoing/guarded-fetch.ts";
import type { Handler } from "../task/handler.ts";
import { outgoingClient } from "./outbox.ts";

/** An answer is a task with all that came out of it. */
const ANSWER_BYTES_MAX = 32 << 20;

export function remoteAgentHandlerOf({ outgoing, remoteAgents }: Config, files: RemoteAgentParts["files"]): Handler {
  const fetch = guardedFetch(outgoingClient(outgoing), { bytesMax: ANSWER_BYTES_MAX });
  return remoteAgentHandler({ agents: remoteAgents, fetch, files });
}

/** What agents may have beside the built-in tools: those of the configuration, and one for each remote agent. */
export function toolsOf({ tools, remoteAgents }: Config): Tool[] {
  const remote = Object.entries(remoteAgents).map(([name, { description }]) => askRemoteAgentTool(name, description));
  return [...tools, ...remote];
}
