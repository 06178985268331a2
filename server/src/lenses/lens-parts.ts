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
    /** Who calls, from the moment that the key was accepted: before anything of the body is read. */
    principal: Principal | null;
    /** Fires, until its body has come, within a second after its caller's key has ended; null when it came without one. */
    keyEnd(): AbortSignal | null;
  }
}

export type Frame = string | Buffer;

/** What one stream shows, asked for only while its reader takes it. */
export interface Frames {
  /**
   * One or more whole frames, or a piece of one; bytes that several readers are sent are the same object for all of them.
   * `LATER` where there is nothing by now: then `news` is called once there is.
   */
  next(): FramesRead | Promise<FramesRead>;
  /** Its reader has left, or has all of it. */
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
  /** Its readers take a clean end for the end of what it shows: where it stops before, its connection is broken off. */
  endsWhole?: true;
  /**
   * What it shows: an iteration, which is pulled while the socket takes bytes, and whose `signal` fires when the reader leaves;
   * or, where 10,000 may be open at once, what has nothing under way while there is nothing to show.
   */
  frames: ((signal: AbortSignal) => AsyncIterable<Frame>) | { begin: (news: () => void) => Frames };
  /** Calls `end` once it is to end, whoever reads it, until what it returns is called. */
  ended?: (end: () => void) => () => void;
};

/** A task as one lens would show it: JSON. */
export type Show = (task: Task) => unknown;

/** Whom a developer without a key chooses to be. */
export type Chosen = { tenant?: string; user?: string };

/** What a deployment allows for documents. */
export type DocumentSettings = {
  /** Of one file. */
  fileBytesMax: number;
  /** Null where no files are fetched from addresses. Throws `invalid`, naming `url`, for one that leads nowhere allowed. */
  checkUrl: ((url: URL) => Promise<void>) | null;
  /** Counts one act of a caller. Throws `rate_limited` when it has no more of them within the hour. */
  take: (principal: Principal, act: "upload" | "vector store") => void;
};

/** How the server is at this moment. */
export type Condition = {
  uptimeS: number;
  memoryBytes: number;
  /** Of one core, since the last time that somebody asked. */
  cpuPercent: number;
  /** Tasks. */
  running: number;
  queued: number;
  /** A provider of language models is configured. */
  languageModel: boolean;
  /** Documents are found by what they mean. */
  embedding: boolean;
};

/** A share for everybody: each request counts for its caller until its answer is out. What throws, throws `rate_limited`. */
export interface Admission {
  /** The key of a request was accepted: it counts for the key and its tenant. */
  admit(request: Incoming, principal: Principal): void;
  /** It counts by the limits of a lens's own contract too. */
  quota(request: Incoming, principal: Principal, quotas: Quotas): void;
  /** What the address of a request is counted as. */
  networkOf(request: Incoming): string;
  /** What a caller hears whose key was not accepted for `error`: `rate_limited` when too many such come from its address. */
  refused(request: Incoming, error: unknown): unknown;
  /** Resolves when it has its turn; null when that is now. Throws `rate_limited` when too many connections open at once. */
  turn(request: Incoming): Promise<void> | null;
  /** It is as much work as so many requests more. */
  more(request: Incoming, requests: number): void;
  /** Its answer is held on purpose, as a stream or until something happens. */
  hold(request: Incoming): void;
  /** It searches. */
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
  /** Callers from this machine need no key. */
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
  /** Notes a bug of ours that a request met and is answered in spite of. */
  unexpected: (error: unknown, requestId: string) => void;
  /** What keeps the server from working, as sentences; none when it works. */
  issues: () => Promise<string[]>;
};
