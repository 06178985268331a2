/** What every lens is handed when it is mounted: what callers may do, who calls, and how events are streamed. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import type { AgentDefinition } from "../task/agent/agent.ts";
import type { ENDED, LATER } from "../task/events/log-reader.ts";
import type { Principal } from "../task/principal.ts";
import type { Task } from "../task/task.ts";
import type { Verbs } from "../verbs/verbs.ts";
import type { Incoming } from "./incoming.ts";
import type { Quotas } from "./quota.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** The caller, set when the key is accepted: before anything of the body is read. */
    principal: Principal | null;
    /** While the body is coming: fires within a second after the caller's key has ended. Null for a request without a key. */
    keyEnd(): AbortSignal | null;
  }
}

export type Frame = string | Buffer;

/** The frames of one stream, pulled only while its reader takes them. */
export interface Frames {
  /**
   * One or more whole frames, or a piece of one; bytes that several readers are sent are the same object for all of them.
   * `LATER` where there is nothing by now: then `news` is called once there is.
   */
  next(): FramesRead | Promise<FramesRead>;
  /** Called when the reader has left, or has everything. */
  close(): void;
}
export type FramesRead = Frame | typeof LATER | typeof ENDED;

export type EventStream = {
  headers: Record<string, string>;
  /** Sent at once, before the first frame. */
  opening: string;
  /** Sent after `heartbeatMs` without a frame. */
  heartbeat: string;
  heartbeatMs: number;
  /** Readers take a clean end for the end of the content. A stream that stops earlier must therefore break its connection off. */
  endsWhole?: true;
  /**
   * What it shows: an iteration, which is pulled while the socket takes bytes, and whose `signal` fires when the reader leaves;
   * or, where 10,000 may be open at once, what has nothing under way while there is nothing to show.
   */
  frames: ((signal: AbortSignal) => AsyncIterable<Frame>) | { begin: (news: () => void) => Frames };
  /** Calls `end` when the stream has to end; the returned function stops that. */
  ended?: (end: () => void) => () => void;
};

/** A task as one lens would show it: JSON. */
export type Show = (task: Task) => unknown;

/** The tenant and user that a developer without a key chooses to be. */
export type Chosen = { tenant?: string; user?: string };

/** What a deployment allows for documents. */
export type DocumentSettings = {
  /** Bytes of one file. */
  fileBytesMax: number;
  /** Null where no files are fetched from addresses. Throws `invalid`, naming `url`, for one that leads nowhere allowed. */
  checkUrl: ((url: URL) => Promise<void>) | null;
  /** Counts one act of a caller. Throws `rate_limited` when it has no more of them within the hour. */
  take: (principal: Principal, act: "upload" | "vector store") => void;
};

/** The state of the server at this moment. */
export type Condition = {
  uptimeS: number;
  memoryBytes: number;
  /** Share of one core since the last call. */
  cpuPercent: number;
  /** Tasks. */
  running: number;
  queued: number;
  /** A provider of language models is configured. */
  languageModel: boolean;
  /** Documents are found by what they mean. */
  embedding: boolean;
};

/** Fair shares: each request counts for its caller until its answer is sent. Methods that refuse throw `rate_limited`. */
export interface Admission {
  /** From now on the request counts for its accepted key and the key's tenant. */
  admit(request: Incoming, principal: Principal): void;
  /** Counts the request by the limits of a lens's own contract too. */
  quota(request: Incoming, principal: Principal, quotas: Quotas): void;
  /** The network as which the address of a request is counted. */
  networkOf(request: Incoming): string;
  /** The error for a caller whose key was not accepted: `error`, or `rate_limited` when too many such requests come from its address. */
  refused(request: Incoming, error: unknown): unknown;
  /** Resolves when it is the request's turn; null when that is now. Throws `rate_limited` when too many connections open at once. */
  turn(request: Incoming): Promise<void> | null;
  /** Counts the request as so many more: it is that much work. */
  more(request: Incoming, requests: number): void;
  /** The answer is held on purpose, as a stream or until something happens. */
  hold(request: Incoming): void;
  /** Counts the request as a search. */
  search(request: Incoming): void;
}

export type LensParts = {
  verbs: Verbs;
  /** Those of the configuration, the default first. One that `answersAlone` has answers that are a message and no task. */
  agents: readonly (AgentDefinition & { answersAlone?: boolean | undefined })[];
  /** Names of the providers of language models that can be called. */
  providers: readonly string[];
  /** The server's version. */
  version: string;
  /** Where the outside reaches this server, as its deployment says: no slash at its end. Null where it says nothing. */
  publicUrl: string | null;
  /** How each lens of this server shows a task, by the lens's name. */
  shows: ReadonlyMap<string, Show>;
  /**
   * The principal of the first of `secrets` that is a key; in `dev`, when none is one that the store knows and the
   * request comes from this machine, the developer, or whom it has `chosen` to be. Else throws `unauthenticated`.
   */
  authenticate: (request: Incoming, secrets: readonly string[], chosen?: Chosen) => Principal | Promise<Principal>;
  admission: Admission;
  /** Fires, while `held` is open, within a second after the principal's key was revoked or has expired; null when it came without one. */
  keyEnd: (principal: Principal, held: IncomingMessage | ServerResponse) => AbortSignal | null;
  /** Whether callers from this machine need no key. */
  isOpen: boolean;
  /** What a lens signs its tokens with: 32 bytes that stay the same after a restart. */
  tokenSecret: Buffer;
  /**
   * Opens server-sent events on the raw response, which go on, bounded per reader, until the frames or the reader end. Throws
   * `unavailable` when too many are open.
   */
  stream: (request: Incoming, response: ServerResponse, stream: EventStream) => Promise<void>;
  /**
   * What of a request's body is JSON, within the bounds of all JSON bodies, as `bytes` brings it. Whoever hands in another stream
   * than the request's own watches how the body comes.
   */
  readJson: (request: Incoming, bytes: Readable) => Promise<unknown>;
  /** Fires when the server stops. */
  stopping: AbortSignal;
  now: () => number;
  documents: DocumentSettings;
  condition: () => Condition;
  /** Logs a bug of ours that a request has met and is answered in spite of. */
  unexpected: (error: unknown, requestId: string) => void;
  /** Sentences that say what keeps the server from working; none when it works. */
  issues: () => Promise<string[]>;
};
