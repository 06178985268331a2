/** Sockets: an app bound to one port on one or more addresses, and closed in good order. */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { type AddressInfo, isIPv6, type Socket } from "node:net";
import { TinyChunkRequest } from "../body/tiny-chunks.ts";
import type { Served } from "../late-app.ts";
import type { ShortPath } from "../short-path.ts";
import type { Connections } from "./connections.ts";
import { answerConnect, answerNoRequest } from "./no-request.ts";

/** Taken as it is: an import makes Node.js load its whole `fetch` beside it, for 30 ms. */
const { createServer } = process.getBuiltinModule("node:http");

export type Listener = {
  /** The port that was bound, where 0 was asked for. */
  port: number;
  addresses: readonly string[];
  /** Stops accepting; resolves when the last connection is gone, or after `graceMs`, when the rest is cut. */
  close: (graceMs: number) => Promise<void>;
};

/** The port is taken, forbidden, or the address is not of this machine. */
export class BindError extends Error {
  override readonly name = "BindError";
  readonly taken: boolean;

  constructor(message: string, taken: boolean) {
    super(message);
    this.taken = taken;
  }
}

/** A large file on a slow line takes its time. Whoever reads a body has a bound of its own for one that stands still. */
const REQUEST_MS_MAX = 3_600_000;
/** Longer than the 60 s of usual load balancers, so that they close first. */
export const KEEP_ALIVE_MS = 72_000;
export const HEADER_BYTES_MAX = 16_384;
/**
 * A turn of the event loop hears one new connection of each socket that listens. With a single one a check of health would wait, beside
 * a flood of them, for as many turns as connections came before it; the system spreads what comes among several.
 */
const SOCKETS_OF_PORT = 32;
/** Where the system spreads connections among the sockets of a port. */
const SPREADS: ReadonlySet<NodeJS.Platform> = new Set(["linux"]);
/** How often a listener that closes looks for connections whose answer is out. */
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

/** Slow heads are cut off after `headMsMax`; an answer may take as long as it likes. `shortPath` is asked before the app. */
type ServerParts = { headMsMax: number; connections: Connections; shortPath?: ShortPath | undefined };

function createHttpServer(app: Served, { headMsMax, connections, shortPath }: ServerParts): Server {
  const { arrivals } = connections;
  const server = createServer(
    {
      IncomingMessage: TinyChunkRequest,
      // The runtime takes whole ones alone: 16.1 s are none, by a hair.
      headersTimeout: Math.ceil(headMsMax),
      requestTimeout: REQUEST_MS_MAX,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: HEADER_BYTES_MAX,
      connectionsCheckingInterval: 5_000,
    },
    (request: IncomingMessage, response: ServerResponse) => {
      const connection = connections.of(request.socket);
      // What was sent ahead of the answer with which its connection ends hears none, and takes nobody's place.
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
    // Of one that is ending nothing more is read: the answer that says why is on its way.
    if (connections.of(socket)?.isEnding !== true) answerNoRequest(error, socket);
  });
  server.on("connect", (_, socket) => answerConnect(socket));
  return server;
}

/** A port that several sockets share is refused to nobody who shares it too: so it is asked for alone first. */
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
    // A client keeps its connection for the next request: once its answer is out there is nothing to wait for.
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
