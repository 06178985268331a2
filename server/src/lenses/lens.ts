/**
 * One wire protocol over the core, as data: its routes, its words for errors and states, and its place. A new one is a folder and a
 * line in `index.ts`; ports, prefixes, flags, the greeting, `?lens=`, documents and tests follow from that list. A lens sees `task/`
 * and the files beside this one: never the store, the engine or another lens.
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

/** How callers of one protocol authenticate. */
type CallerRules = {
  /** Where a key may be, in the order in which the places are tried. */
  secrets: readonly SecretPlace[];
  /** Converts another spelling of a key to the store's own. */
  spelling?: (secret: string, parts: Pick<LensParts, "tokenSecret">) => string;
  /** In `dev` only: the user that a caller without a key chooses to be, if the contract has such a choice. */
  choose?: (headers: IncomingHttpHeaders) => Chosen;
};

/** A request that leads to no route of the lens. */
export type Unrouted = {
  method: string;
  path: string;
  /** The methods that the path has; none when there is no such path. */
  allowed: readonly string[];
};

/** Choices of a deployment that a protocol leaves open. */
export type LensSettings = {
  shannon: {
    /** Request limits of a key by its tier, beside the contract's tiers; or no limits. */
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
    /** The card for clients that do not state their version. */
    cardWithoutVersion: "hybrid" | "1.0" | "0.3";
    /** The private key, as PEM, for signing cards; null for one of the server's own. */
    cardKey: string | null;
    /** Over HTTP, the status for a body whose type is not JSON. */
    foreignType: 415 | 400;
  };
};

/** Printed at a start, with commands to paste. */
export type Greeting = { title: string; place: string; commands: readonly string[] };
export type GreetedServer = {
  /** Where this lens is: its own port, or its prefix on the main one. */
  url: string;
  development: boolean;
  /** The key that `waybill dev` accepts. */
  developmentKey: string;
};

export type Lens = RequestRules & {
  /** The name in ports, prefixes, aliases and `?lens=`. */
  name: string;
  /** The port on which its clients usually look; null if there is none. */
  port: number | null;
  /** Its prefix on the main listener: `/shannon`; empty at the root. On a port of its own it is at the root. */
  mount: string;
  /** Below that, each route is served under every one of these; `[""]` when absent. May hold parameters: `/instances/{instance}`. */
  variants?: readonly string[];
  /** If several spellings of a path below the mount mean the same: converts a path to the spelling of the routes. */
  rewrite?: (path: string) => string;
  routes: readonly Route[];
  /** Routes at the root of its listeners, whatever its mount, such as a well-known card. */
  rootRoutes?: readonly Route[];
  caller: CallerRules;
  /** Limits of its own contract, beside everybody's share; for each route without `unlimited`. */
  quotas?: Quotas;
  /** The HTTP status of each error code. */
  errors: Readonly<Record<ErrorCode, number>>;
  /** A refusal in the protocol's own form. A route may have another. */
  renderError: RenderError;
  /** The answer if there is no route: 404, or 405 if only the method is wrong. */
  renderUnrouted: (unrouted: Unrouted, request: RefusedRequest) => ErrorAnswer;
  /** Headers of every answer, refusals included. */
  headers?: (headers: IncomingHttpHeaders) => Record<string, string>;
  /** The headers of the answer to a preflight, at 200; none is answered when absent. */
  preflight?: (headers: IncomingHttpHeaders) => Record<string, string>;
  /** The protocol's name of each state. */
  states: Readonly<Record<State, string>>;
  /** A task as the protocol shows it; `?lens=` and the dashboard print this. */
  show: Show;
  greeting: (server: GreetedServer) => Greeting;
  openapi: OpenApiPart;
  /** The formats in which subscribers are told of events. */
  pushFormats?: { names: readonly string[]; over: (verbs: Verbs) => readonly PushFormat[] };
  /** The lens with a deployment's settings, if it has any. */
  configured?: (settings: LensSettings) => Lens;
};
