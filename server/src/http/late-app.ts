/**
 * An app that is made when the first request for it comes, or ahead of it in an idle moment: to put the routes of all lenses together
 * takes most of a start.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";

/** What a listener needs of an app. */
export type Served = Pick<FastifyInstance, "routing"> & {
  ready: () => PromiseLike<unknown>;
  close: () => PromiseLike<unknown>;
};

export class LateApp implements Served {
  readonly #make: () => Promise<FastifyInstance>;
  readonly #log: Pick<Logger, "error">;
  #making: Promise<FastifyInstance | null> | null = null;
  #made: FastifyInstance | null = null;

  constructor(make: () => Promise<FastifyInstance>, log: Pick<Logger, "error">) {
    this.#make = make;
    this.#log = log;
  }

  /** It waits for nobody before it is asked. */
  async ready(): Promise<void> {}

  /** Makes it, if nobody has asked for it before. */
  load(): Promise<unknown> {
    this.#making ??= this.#ready();
    return this.#making;
  }

  routing(request: IncomingMessage, response: ServerResponse): void {
    if (this.#made !== null) this.#made.routing(request, response);
    else void this.#routeOnceMade(request, response);
  }

  async close(): Promise<void> {
    const app = await this.#making;
    await app?.close();
  }

  async #routeOnceMade(request: IncomingMessage, response: ServerResponse): Promise<void> {
    await this.load();
    const app = this.#made;
    // Of one that has left meanwhile nobody would hear the end.
    if (response.closed || request.socket.destroyed) return;
    if (app !== null) app.routing(request, response);
    else response.writeHead(500, { connection: "close" }).end();
  }

  async #ready(): Promise<FastifyInstance | null> {
    try {
      const app = await this.#make();
      await app.ready();
      this.#made = app;
    } catch (err) {
      this.#log.error({ err }, "unexpected error");
    }
    return this.#made;
  }
}

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
