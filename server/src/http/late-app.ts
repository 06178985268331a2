/**
 * An app that is made at the first request for it, or before that in an idle moment: to assemble the routes of all lenses takes most of
 * a start.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import { Refusal } from "../task/errors.ts";
import type { UnheardBodies } from "./body/unheard-bodies.ts";
import type { Connection, Connections } from "./connections/connections.ts";

/** An app whose making failed is made again for requests after this time: each attempt takes as long as the first. */
const AGAIN_MS = 10_000;

/** The part of an app that a listener needs. */
export type Served = Pick<FastifyInstance, "routing"> & {
  ready: () => PromiseLike<unknown>;
  close: () => PromiseLike<unknown>;
};

type LateAppParts = {
  log: Pick<Logger, "error">;
  connections: Connections;
  unheard: Pick<UnheardBodies, "drop">;
  /** Answers in the place of the app while there is none. */
  refuse: (request: IncomingMessage, response: ServerResponse, refusal: Refusal) => void;
  /** Milliseconds of a monotonic clock. */
  elapsed?: () => number;
};

export class LateApp implements Served {
  readonly #make: () => Promise<FastifyInstance>;
  readonly #parts: LateAppParts;
  readonly #elapsed: () => number;
  #making: Promise<FastifyInstance | null> | null = null;
  #made: FastifyInstance | null = null;
  #againAt = Number.NEGATIVE_INFINITY;

  constructor(make: () => Promise<FastifyInstance>, parts: LateAppParts) {
    this.#make = make;
    this.#parts = parts;
    this.#elapsed = parts.elapsed ?? (() => performance.now());
  }

  /** Nothing is loaded before the first request. */
  async ready(): Promise<void> {}

  /** Makes it, unless that has begun, or has failed a short time ago. */
  load(): Promise<unknown> {
    if (this.#making !== null && this.#made === null && this.#elapsed() >= this.#againAt) this.#making = null;
    this.#making ??= this.#ready();
    return this.#making;
  }

  /** Requests that arrive while it is made wait, and count for their connection. */
  routing(request: IncomingMessage, response: ServerResponse): void {
    if (this.#made !== null) this.#made.routing(request, response);
    else this.#waitFor(this.load(), request, response);
  }

  async close(): Promise<void> {
    const app = await this.#making;
    await app?.close();
  }

  #waitFor(made: Promise<unknown>, request: IncomingMessage, response: ServerResponse): void {
    const { connections } = this.#parts;
    const connection = connections.of(request.socket);
    if (connection === undefined) return;
    const begin = () => {
      if (this.#made !== null) this.#made.routing(request, response);
      else this.#refuse(request, response, connection, this.#notMade());
    };
    if (!connections.arrivals.waits(request, connection, made, begin))
      this.#refuse(request, response, connection, connections.oneTooMany(connection, request, response));
  }

  /** The rest of its body is dropped like that of every answered request. */
  #refuse(request: IncomingMessage, response: ServerResponse, { network }: Connection, refusal: Refusal): void {
    const { refuse, unheard } = this.#parts;
    response.once("close", () => unheard.drop(request, network));
    refuse(request, response, refusal);
  }

  #notMade(): Refusal {
    const retryAfterS = Math.max(1, Math.ceil((this.#againAt - this.#elapsed()) / 1_000));
    return new Refusal("unavailable", "This API could not be loaded: the server's log says why.", { retryAfterS });
  }

  async #ready(): Promise<FastifyInstance | null> {
    this.#againAt = Number.POSITIVE_INFINITY;
    try {
      const app = await this.#make();
      await app.ready();
      this.#made = app;
    } catch (err) {
      this.#againAt = this.#elapsed() + AGAIN_MS;
      this.#parts.log.error({ err }, NOT_MADE);
    }
    return this.#made;
  }
}

const NOT_MADE =
  "An API could not be loaded, and is tried again with its next request. Where the same is said again, start the server anew.";

/** Late apps below prefixes, beside an app that is there from the start. */
export function servedBelow(root: FastifyInstance, below: ReadonlyMap<string, LateApp>): Served {
  const places = [...below];
  return {
    ready: async () => void (await root.ready()),
    routing: (request, response) => {
      const path = routedPath(request.url ?? "/");
      const [, app = root] = places.find(([prefix]) => liesBelow(prefix, path)) ?? [];
      app.routing(request, response);
    },
    close: async () => {
      await Promise.all([root, ...below.values()].map((app) => app.close()));
    },
  };
}

function liesBelow(prefix: string, path: string): boolean {
  return path.startsWith(prefix) && (path.length === prefix.length || path[prefix.length] === "/");
}

const ORIGIN = /^https?:\/\/[^/?#]*/i;

/** A path as the router reads it: without origin and query, and unescaped. */
function routedPath(url: string): string {
  const whole = url.startsWith("/") ? url : url.replace(ORIGIN, "");
  const end = whole.search(/[?#]/);
  const path = end === -1 ? whole : whole.slice(0, end);
  if (!path.includes("%")) return path;
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}
