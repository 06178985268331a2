/** What every lens is handed, and what it gives back: routes under its mount path. A lens sees `task/` alone. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { AgentDefinition } from "../task/agent.ts";
import type { Refusal } from "../task/errors.ts";
import type { Principal } from "../task/principal.ts";
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

export type LensParts = {
  verbs: Verbs;
  agents: readonly AgentDefinition[];
  /** The server's version. */
  version: string;
  /**
   * The principal of the first of `secrets` that is a key, or, with none given, the development principal where the
   * server's mode and the request's origin allow it and `keyless` says that this lens's contract does. Else throws
   * `unauthenticated`. All that a client may send as a secret is for the lens to find: headers, Basic, query.
   */
  who: (request: FastifyRequest, secrets: readonly string[], keyless: boolean) => Promise<Principal>;
  /** Writes server-sent events to the raw response, bounded per reader, until the frames or the reader end. */
  stream: (request: FastifyRequest, reply: FastifyReply, stream: EventStream) => Promise<void>;
  now: () => number;
};

export type Lens = {
  name: string;
  /** Words a refusal of a URL that leads to no route at all, on a port that is this lens's own. */
  word: (refusal: Refusal, requestId: string) => { status: number; contentType: string; body: string };
  /** Registers routes on `app`, an encapsulated instance whose `prefix` is the mount path. Sets its own error handler and not-found handler. */
  mount: (app: FastifyInstance, parts: LensParts) => void;
};
