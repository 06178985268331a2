/**
 * One wire protocol over the core, as data: its routes, its words for errors and states, and where it is served. Adding
 * one is a folder and a line in `index.ts`; ports, prefixes, flags, the greeting, `?lens=`, documents and tests follow
 * from that list. A lens sees `task/` and the files beside this one: never the store, the engine or another lens.
 */
import type { IncomingHttpHeaders } from "node:http";
import type { ErrorCode } from "../task/errors.ts";
import type { State } from "../task/states.ts";
import type { PushFormat } from "../task/subscription.ts";
import type { Verbs } from "../verbs/verbs.ts";
import type { ErrorAnswer, RefusedRequest, RenderError } from "./error-answer.ts";
import type { Chosen, LensParts, Show } from "./lens-parts.ts";
import type { OpenApiPart } from "./openapi.ts";
import type { QuotaLimits, Quotas } from "./quota.ts";
import type { RequestRules, Route } from "./route.ts";
import type { SecretPlace } from "./secrets.ts";

/** How callers of one wire say who they are. */
type CallerRules = {
  /** Where a key may be, in the order in which they are tried. */
  secrets: readonly SecretPlace[];
  /** Another spelling of a key as the store's own. */
  spelling?: (secret: string, parts: Pick<LensParts, "tokenSecret">) => string;
  /** Whom a caller chooses to be that has no key, where the contract has such a choice: in `dev` alone. */
  choose?: (headers: IncomingHttpHeaders) => Chosen;
};

/** A request that leads to no route of the lens. */
export type Unrouted = {
  method: string;
  path: string;
  /** The methods that the path has; none when there is no such path. */
  allowed: readonly string[];
};

/** What a deployment may choose, where a protocol leaves it open. */
export type LensSettings = {
  shannon: {
    /** Requests of a key by its tier, beside those tiers that the contract has; or no limits. */
    rateLimits: Readonly<Record<string, QuotaLimits>> | "off";
  };
  orchestrate: {
    /** What callers without a key that is accepted are told: the protocol's servers have done both. */
    strangers: 401 | 403;
    /** What a run is called whose time was over: `expired` is a word that clients of the protocol may wait on for ever. */
    timedOut: "expired" | "failed";
    /** How long a run waits for a person. */
    answerWithinMs: number;
  };
  a2a: {
    /** The card that a client is shown which does not say its version. */
    cardWithoutVersion: "hybrid" | "1.0" | "0.3";
    /** The private key, as PEM, that cards are signed with; null for one of the server's own. */
    cardKey: string | null;
    /** Over HTTP, the status of a body whose type is no JSON. */
    foreignType: 415 | 400;
  };
};

/** What a person reads at a start, and commands to paste. */
export type Greeting = { title: string; place: string; commands: readonly string[] };
export type GreetedServer = {
  /** Where this lens is: its own port, or its prefix on the main one. */
  url: string;
  development: boolean;
  /** The key that `waybill dev` knows. */
  developmentKey: string;
};

export type Lens = RequestRules & {
  /** As ports, prefixes, aliases and `?lens=` spell it. */
  name: string;
  /** The usual port of its own; null when it has none. */
  port: number | null;
  /** Its prefix on the main listener: `/shannon`; empty at the root. On a port of its own it is at the root. */
  mount: string;
  /** Below that, each route is served under every one of these; `[""]` when absent. May hold parameters: `/instances/{instance}`. */
  variants?: readonly string[];
  /** The spelling of a path, below the mount, that its routes are written in, where several mean the same. */
  rewrite?: (path: string) => string;
  routes: readonly Route[];
  /** What it also serves at the root of its listeners, whatever its mount: a well-known card. */
  rootRoutes?: readonly Route[];
  caller: CallerRules;
  /** Limits of its own contract, beside everybody's share; of each route that does not say `unlimited`. */
  quotas?: Quotas;
  /** The status that each code is told with. */
  errors: Readonly<Record<ErrorCode, number>>;
  /** What a refusal is to a client of this wire. A route may have words of its own. */
  renderError: RenderError;
  /** What is said where no route leads: 404, or 405 where only the method is wrong. */
  renderUnrouted: (unrouted: Unrouted, request: RefusedRequest) => ErrorAnswer;
  /** Headers that every answer of it carries, refusals included. */
  headers?: (headers: IncomingHttpHeaders) => Record<string, string>;
  /** The headers that a preflight is answered with, at 200; no preflight is answered when absent. */
  preflight?: (headers: IncomingHttpHeaders) => Record<string, string>;
  /** What it calls each state. */
  states: Readonly<Record<State, string>>;
  /** A task as it shows one: what `?lens=` and the dashboard print. */
  show: Show;
  greeting: (server: GreetedServer) => Greeting;
  openapi: OpenApiPart;
  /** How its subscribers are told of events. */
  pushFormats?: { names: readonly string[]; over: (verbs: Verbs) => readonly PushFormat[] };
  /** The same lens as a deployment wants it, of one that leaves it a choice. */
  configured?: (settings: LensSettings) => Lens;
};
