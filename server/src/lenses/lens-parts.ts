/** What every lens is handed when it is mounted: what callers may do, who calls, and how events are streamed. */
import type { FastifyReply, FastifyRequest } from "fastify";
import type { AgentDefinition } from "../task/agent.ts";
import type { Principal } from "../task/principal.ts";
import type { Task } from "../task/task.ts";
import type { Verbs } from "../verbs/verbs.ts";

export type EventStream = {
  headers: Record<string, string>;
  /** Sent at once, before the first frame. */
  opening: string;
  /** Sent after `heartbeatMs` without a frame. */
  heartbeat: string;
  heartbeatMs: number;
  /** Each item is one or more whole frames. Pulled only while the socket takes bytes; closed when the reader leaves. */
  frames: (signal: AbortSignal) => AsyncIterable<string>;
};

/** A task as one lens would show it: JSON. */
export type Show = (task: Task) => unknown;

export type LensParts = {
  verbs: Verbs;
  agents: readonly AgentDefinition[];
  /** The server's version. */
  version: string;
  /** How each lens of this server shows a task, by the lens's name. */
  shows: ReadonlyMap<string, Show>;
  /**
   * The principal of the first of `secrets` that is a key, or, with none given, the development principal where the
   * server's mode and the request's origin allow it and `keyless` says that the lens's contract does. Else throws
   * `unauthenticated`, or `forbidden` for a web page of another origin.
   */
  authenticate: (request: FastifyRequest, secrets: readonly string[], keyless: boolean) => Promise<Principal>;
  /** Writes server-sent events to the raw response, bounded per reader, until the frames or the reader end. Throws `unavailable` when too many are open. */
  stream: (request: FastifyRequest, reply: FastifyReply, stream: EventStream) => Promise<void>;
  /** Fires when the server stops. */
  stopping: AbortSignal;
  now: () => number;
};
