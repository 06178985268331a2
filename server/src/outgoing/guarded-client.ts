/**
 * Requests to addresses that callers have named. Where a request leads is decided when it connects: the name is resolved,
 * each of its addresses is judged, and the connection goes to one of those, so that a name which means something else by
 * then leads nowhere. It follows no redirect, uses no proxy of the environment, and has a bound on bytes and on time.
 */
import { isIP, type LookupFunction } from "node:net";
import type { Readable } from "node:stream";
import type { Agent, buildConnector } from "undici";
import { literalAddress } from "./addresses.ts";
import { internetNames, type Names, systemNames } from "./names.ts";
import { NotReached, type Reach } from "./reach.ts";

const CONNECT_MS_MAX = 5_000;
const HEADER_BYTES_MAX = 16 << 10;
/** Of one origin. Beyond them requests wait. */
const CONNECTIONS_MAX = 16;
/** How long a connection is kept for the next request to its origin. */
const KEPT_MS = 4_000;
/** A name that has not been resolved by then is accepted: it is judged again at each connection. */
const CHECK_MS_MAX = 2_000;

const ANSWER_MS_MAX = 15_000;
const ANSWER_BYTES_MAX = 64 << 10;
/** Of an answer of which only the head counts. */
const TOLD_BYTES_MAX = 1 << 10;

export const OUTGOING_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] as const;
export type OutgoingMethod = (typeof OUTGOING_METHODS)[number];

export type OutgoingRequest = {
  method: OutgoingMethod;
  headers?: Readonly<Record<string, string>>;
  body?: string | Uint8Array | Readable;
  signal?: AbortSignal;
};

/** The body is its receiver's, to read to its end or to destroy. */
export type OpenAnswer = { status: number; headers: Record<string, string | string[] | undefined>; body: Readable };
/** `cut` tells that the answer went on after these bytes. */
export type WholeAnswer = Omit<OpenAnswer, "body"> & { body: Buffer; cut: boolean };

/** A hundred modules, which a server that reaches nobody starts without. */
const loaded = () => import("undici");
type Undici = Awaited<ReturnType<typeof loaded>>;

export class GuardedClient {
  readonly #reach: Reach;
  readonly #names: Names;
  #agent: Agent | null = null;
  #isClosed = false;

  /** `names` resolves those that the operator has not named. */
  constructor(reach: Reach, names: Names = internetNames()) {
    this.#reach = reach;
    this.#names = names;
  }

  /** What the first request would wait for. */
  load(): Promise<unknown> {
    return loaded();
  }

  /** Throws `NotReached` when the address leads where it may not, as far as that can be told before a connection. */
  async check(url: URL): Promise<void> {
    this.#reach.check(url);
    if (literalAddress(url) !== null) return;
    const { promise: late, resolve } = Promise.withResolvers<string[]>();
    const timer = setTimeout(() => resolve([]), CHECK_MS_MAX);
    try {
      await Promise.race([this.#addresses(url.hostname, portOf(url)), late]);
    } catch (error) {
      if (error instanceof NotReached) throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Resolves once the head of an answer has come, whatever its status; only `signal` bounds the time after a connection.
   * Rejects with `NotReached`, the error of the network, or the reason of `signal`.
   */
  async open(url: URL, { method, headers, body, signal }: OutgoingRequest): Promise<OpenAnswer> {
    this.#reach.check(url);
    const undici = await loaded();
    if (this.#isClosed) throw new Error("The client of outgoing requests is closed.");
    this.#agent ??= this.#newAgent(undici);
    const answer = await undici.request(url, {
      method,
      headers: { "user-agent": "waybill", ...headers },
      ...(body !== undefined && { body }),
      ...(signal && { signal }),
      dispatcher: this.#agent,
    });
    return { status: answer.statusCode, headers: answer.headers, body: answer.body };
  }

  /** Resolves with an answer and the first `bytesMax` of its body. Rejects as `open` does, and after `timeoutMs`. */
  async send(
    url: URL,
    outgoing: OutgoingRequest,
    { timeoutMs = ANSWER_MS_MAX, bytesMax = ANSWER_BYTES_MAX } = {},
  ): Promise<WholeAnswer> {
    const timeout = AbortSignal.timeout(timeoutMs);
    const signal = outgoing.signal ? AbortSignal.any([outgoing.signal, timeout]) : timeout;
    const { status, headers, body } = await this.open(url, { ...outgoing, signal });
    return { status, headers, ...(await firstBytes(body, bytesMax)) };
  }

  /** Resolves with the head of an answer, whatever its body does: nothing is kept of that. Rejects as `send` does. */
  async tell(
    url: URL,
    outgoing: OutgoingRequest,
    { timeoutMs = ANSWER_MS_MAX } = {},
  ): Promise<Omit<OpenAnswer, "body">> {
    const timeout = AbortSignal.timeout(timeoutMs);
    const signal = outgoing.signal ? AbortSignal.any([outgoing.signal, timeout]) : timeout;
    const { status, headers, body } = await this.open(url, { ...outgoing, signal });
    // Read to its end where that is near, so that the connection serves the next request.
    firstBytes(body, TOLD_BYTES_MAX).catch(() => {});
    return { status, headers };
  }

  /** Breaks off what is under way. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#agent?.destroy();
  }

  #newAgent({ Agent, buildConnector }: Undici): Agent {
    return new Agent({
      ...{ headersTimeout: 0, bodyTimeout: 0, keepAliveTimeout: KEPT_MS, keepAliveMaxTimeout: KEPT_MS },
      connect: (options, callback) => this.#connect(options, callback, buildConnector),
      connections: CONNECTIONS_MAX,
      maxHeaderSize: HEADER_BYTES_MAX,
    });
  }

  /** A connector for each connection, since the port decides too and a lookup is not told it. */
  #connect(options: buildConnector.Options, callback: buildConnector.Callback, build: Undici["buildConnector"]): void {
    const { hostname, protocol } = options;
    const port = Number(options.port || (protocol === "https:" ? 443 : 80));
    try {
      this.#reach.checkHost(hostname, port);
      // No lookup is asked for an address in numbers.
      if (isIP(hostname) !== 0) this.#reach.checkAddress(hostname, hostname, port);
    } catch (error) {
      callback(error instanceof Error ? error : new Error(String(error)), null);
      return;
    }
    const settings = { timeout: CONNECT_MS_MAX, allowH2: false, maxCachedSessions: 0 };
    build({ ...settings, lookup: this.#lookup(port) })(options, callback);
  }

  #lookup(port: number): LookupFunction {
    return (host, options, answer) => {
      this.#addresses(host, port).then(
        (addresses) => {
          const found = addresses.map((address) => ({ address, family: isIP(address) }));
          const [first] = found;
          if (options.all) answer(null, found);
          else answer(null, first?.address ?? "", first?.family);
        },
        (error: NodeJS.ErrnoException) => answer(error, "", 0),
      );
    };
  }

  /** One of whose addresses only one may not be connected to leads nowhere. */
  async #addresses(host: string, port: number): Promise<string[]> {
    this.#reach.checkHost(host, port);
    const found = await (this.#reach.trusts(host, port) ? systemNames : this.#names)(host);
    for (const address of found) this.#reach.checkAddress(host, address, port);
    if (found.length === 0) throw new Error(`${host} has no address.`);
    return found;
  }
}

function portOf(url: URL): number {
  if (url.port !== "") return Number(url.port);
  return url.protocol === "https:" ? 443 : 80;
}

async function firstBytes(body: Readable, bytesMax: number): Promise<{ body: Buffer; cut: boolean }> {
  // What is broken off says so, to nobody.
  body.on("error", () => {});
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    const more = Buffer.from(chunk);
    chunks.push(more);
    bytes += more.byteLength;
    if (bytes > bytesMax) break;
  }
  return { body: Buffer.concat(chunks).subarray(0, bytesMax), cut: bytes > bytesMax };
}
