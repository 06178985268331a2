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

/** How callers of one protocol say who they are. */
type CallerRules = {
  /** Where a key may be, in the order in which they are tried. */
  secrets: readonly SecretPlace[];
  /** Another spelling of a key as the store's own. */
  spelling?: (secret: string, parts: Pick<LensParts, "tokenSecret">) => string;
  /** In `dev` alone: who a caller without a key chooses to be, where the contract has such a choice. */
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
    /** The status for callers without an accepted key: the protocol's own servers have used both. */
    strangers: 401 | 403;
    /** The state of a run whose time is over. Clients of the protocol may wait for ever on `expired`. */
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

/** What is printed at a start for people, with commands to paste. */
export type Greeting = { title: string; place: string; commands: readonly string[] };
export type GreetedServer = {
  /** Where this lens is: its own port, or its prefix on the main one. */
  url: string;
  development: boolean;
  /** The key that `waybill dev` knows. */
  developmentKey: string;
};

export type Lens = RequestRules & {
  /** The name in ports, prefixes, aliases and `?lens=`. */
  name: string;
  /** The port on which its clients usually look; null when there is none. */
  port: number | null;
  /** Its prefix on the main listener: `/shannon`; empty at the root. On a port of its own it is at the root. */
  mount: string;
  /** Below that, each route is served under every one of these; `[""]` when absent. May hold parameters: `/instances/{instance}`. */
  variants?: readonly string[];
  /** Where several spellings of a path below the mount mean the same: the one in which the routes are written. */
  rewrite?: (path: string) => string;
  routes: readonly Route[];
  /** Routes at the root of its listeners, whatever its mount, such as a well-known card. */
  rootRoutes?: readonly Route[];
  caller: CallerRules;
  /** Limits of its own contract, beside everybody's share; of each route that does not say `unlimited`. */
  quotas?: Quotas;
  /** The HTTP status of each error code. */
  errors: Readonly<Record<ErrorCode, number>>;
  /** A refusal in the protocol's own form. A route may have another. */
  renderError: RenderError;
  /** The answer where there is no route: 404, or 405 where only the method is wrong. */
  renderUnrouted: (unrouted: Unrouted, request: RefusedRequest) => ErrorAnswer;
  /** Headers of every answer, refusals included. */
  headers?: (headers: IncomingHttpHeaders) => Record<string, string>;
  /** The headers that a preflight is answered with, at 200; no preflight is answered when absent. */
  preflight?: (headers: IncomingHttpHeaders) => Record<string, string>;
  /** The protocol's name of each state. */
  states: Readonly<Record<State, string>>;
  /** A task as the protocol shows it; `?lens=` and the dashboard print this. */
  show: Show;
  greeting: (server: GreetedServer) => Greeting;
  openapi: OpenApiPart;
  /** The formats in which subscribers are told of events. */
  pushFormats?: { names: readonly string[]; over: (verbs: Verbs) => readonly PushFormat[] };
  /** The lens with a deployment's settings, where it has any. */
  configured?: (settings: LensSettings) => Lens;
};
