/**
 * An app that is made when the first request for it comes, or ahead of it in an idle moment: to put the routes of all lenses together
 * takes most of a start.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import { Refusal } from "../task/errors.ts";
import type { UnheardBodies } from "./body/unheard-bodies.ts";
import type { Connection, Connections } from "./connections/connections.ts";

/** What could not be made is made again for whoever asks so much later: each time takes as long as the first. */
const AGAIN_MS = 10_000;

/** What a listener needs of an app. */
export type Served = Pick<FastifyInstance, "routing"> & {
  ready: () => PromiseLike<unknown>;
  close: () => PromiseLike<unknown>;
};

type LateAppParts = {
  log: Pick<Logger, "error">;
  connections: Connections;
  unheard: Pick<UnheardBodies, "drop">;
  /** Answers in the words of the app, which is not there. */
  refuse: (request: IncomingMessage, response: ServerResponse, refusal: Refusal) => void;
  /** Milliseconds of a clock that nobody sets. */
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

  /** It waits for nobody before it is asked. */
  async ready(): Promise<void> {}

  /** Makes it, if nobody has asked for it before, or not since it failed some time ago. */
  load(): Promise<unknown> {
    if (this.#making !== null && this.#made === null && this.#elapsed() >= this.#againAt) this.#making = null;
    this.#making ??= this.#ready();
    return this.#making;
  }

  /** Whoever comes while it is made waits, and counts for the connection meanwhile. */
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

  /** What still comes of its body has an end like that of any other that nobody reads. */
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

/** Late apps below prefixes, and beside them one that is there from the start. */
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

/** A path as the router reads it: without its origin and query, and unescaped. */
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
