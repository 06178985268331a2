/** Sockets: an app bound to one port on one or more addresses, and closed in order. */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { type AddressInfo, isIPv6, type Socket } from "node:net";
import { TinyChunkRequest } from "../body/tiny-chunks.ts";
import type { Served } from "../late-app.ts";
import type { ShortPath } from "../short-path.ts";
import type { Connections } from "./connections.ts";
import { answerConnect, answerNoRequest } from "./no-request.ts";

/** Not an import: that makes Node.js load its whole `fetch` as well, for 30 ms. */
const { createServer } = process.getBuiltinModule("node:http");

export type Listener = {
  /** The bound port, also where 0 was asked for. */
  port: number;
  addresses: readonly string[];
  /** Stops accepting. Resolves when the last connection is closed, or after `graceMs`, when the others are cut. */
  close: (graceMs: number) => Promise<void>;
};

/** The port is taken or forbidden, or the address is not one of this machine. */
export class BindError extends Error {
  override readonly name = "BindError";
  readonly taken: boolean;

  constructor(message: string, taken: boolean) {
    super(message);
    this.taken = taken;
  }
}

/** A large file on a slow line takes long. Readers of bodies have their own bound for one that stalls. */
const REQUEST_MS_MAX = 3_600_000;
/** Longer than the 60 s of usual load balancers, so that they close first. */
export const KEEP_ALIVE_MS = 72_000;
export const HEADER_BYTES_MAX = 16_384;
/**
 * A turn of the event loop accepts one connection of each listening socket. With a single socket, a health check would wait as many
 * turns as connections of a flood came before it; the system distributes connections among several sockets.
 */
const SOCKETS_OF_PORT = 32;
/** Platforms that distribute connections among the sockets of a port. */
const SPREADS: ReadonlySet<NodeJS.Platform> = new Set(["linux"]);
/** How often a closing listener looks for idle connections. */
const IDLE_CHECK_MS = 50;

/** Binds `app` to `port` on each of `hosts`. Null is both loopback addresses, IPv6 only where the machine has it. */
export async function listen(
  app: Served,
  { hosts, port, ...parts }: { hosts: readonly string[] | null; port: number } & ServerParts,
): Promise<Listener> {
  await app.ready();
  const servers: Server[] = [];
  let bound = port;
  const add = async (host: string, reusePort: boolean) => {
    const server = createHttpServer(app, parts);
    bound = await listening(server, { host, port: bound, reusePort });
    servers.push(server);
  };
  const bind = async (host: string) => {
    if (!SPREADS.has(process.platform)) return await add(host, false);
    await mustBeFree(host, bound);
    for (let n = 0; n < SOCKETS_OF_PORT; n++) await add(host, true);
  };
  const closeAll = (graceMs: number) => Promise.all(servers.map((server) => closed(server, graceMs)));
  try {
    for (const host of hosts ?? ["127.0.0.1"]) await bind(host);
    if (hosts === null) await bind("::1").catch(unlessAbsent);
  } catch (error) {
    await closeAll(0);
    await app.close();
    throw error;
  }
  return {
    port: bound,
    addresses: [...new Set(servers.map((server) => urlHost(server)))],
    close: async (graceMs) => {
      await closeAll(graceMs);
      await app.close();
    },
  };
}

/** Heads that arrive more slowly than `headMsMax` are cut off; an answer may take any time. `shortPath` is tried before the app. */
type ServerParts = { headMsMax: number; connections: Connections; shortPath?: ShortPath | undefined };

function createHttpServer(app: Served, { headMsMax, connections, shortPath }: ServerParts): Server {
  const { arrivals } = connections;
  const server = createServer(
    {
      IncomingMessage: TinyChunkRequest,
      // The runtime takes whole numbers only.
      headersTimeout: Math.ceil(headMsMax),
      requestTimeout: REQUEST_MS_MAX,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: HEADER_BYTES_MAX,
      connectionsCheckingInterval: 5_000,
    },
    (request: IncomingMessage, response: ServerResponse) => {
      const connection = connections.of(request.socket);
      // Requests sent ahead of the answer that ends the connection are not answered, and take no place.
      if (connection?.isEnding === true) return;
      const begin = () => {
        if (!shortPath?.takes(request, response)) app.routing(request, response);
      };
      if (connection === undefined) begin();
      else arrivals.arrived(request, connection, begin);
    },
  );
  server.on("connection", (socket) => connections.add(socket));
  server.on("clientError", (error, socket: Socket) => {
    // A connection that is ending is not read any more: the answer with the reason is on its way.
    if (connections.of(socket)?.isEnding !== true) answerNoRequest(error, socket);
  });
  server.on("connect", (_, socket) => answerConnect(socket));
  return server;
}

/** A shared port can be bound while others share it: so it is first bound alone, to see that it is free. */
async function mustBeFree(host: string, port: number): Promise<void> {
  if (port === 0) return;
  const alone = createServer();
  await listening(alone, { host, port, reusePort: false });
  await new Promise((resolve) => alone.close(resolve));
}

type Place = { host: string; port: number; reusePort: boolean };

function listening(server: Server, place: Place): Promise<number> {
  const { host, port } = place;
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const taken = error.code === "EADDRINUSE";
      const absent = error.code === "EADDRNOTAVAIL" || error.code === "EAFNOSUPPORT";
      if (taken) reject(new BindError(`port ${port} on ${host} is taken by another program`, true));
      else if (absent) reject(new AddressAbsent(`this machine has no address ${host}`, false));
      else if (error.code === "EACCES") reject(new BindError(`port ${port} on ${host} is not permitted`, false));
      else reject(new BindError(`${host}:${port}: ${error.message}`, false));
    });
    server.listen(place, () => resolve(addressOf(server).port));
  });
}

class AddressAbsent extends BindError {}

function unlessAbsent(error: unknown): void {
  if (!(error instanceof AddressAbsent)) throw error;
}

function closed(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), graceMs);
    // Clients keep their connections for the next request; once the answer is out, there is nothing to wait for.
    const idle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS);
    server.close(() => {
      clearTimeout(cut);
      clearInterval(idle);
      resolve();
    });
    server.closeIdleConnections();
  });
}

function addressOf(server: Server): AddressInfo {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("an HTTP server without a port");
  return address;
}

function urlHost(server: Server): string {
  const { address } = addressOf(server);
  return isIPv6(address) ? `[${address}]` : address;
}
