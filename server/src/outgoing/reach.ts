/**
 * Whereto callers may send this server: to the internet, on some ports, and wherever the operator allows. It judges hosts
 * and addresses; who asks it at the moment of a connection is `guarded-client.ts`.
 */
import { type BlockList, isIP } from "node:net";
import { isPublic, isWithin, literalAddress, rangesOf } from "./addresses.ts";

export class NotReached extends Error {
  override readonly name = "NotReached";
  readonly code = "not_reached";
  readonly retryable = false;
}

/** A name, an address or a range, and the port when it is for one alone: `localhost:9000`, `10.1.0.0/16`, `[::1]:80`. */
export type AllowedPlace = { name: string | null; range: BlockList | null; port: number | null };

/** Null when the text is none. */
export function allowedPlace(text: string): AllowedPlace | null {
  const bare = isIP(text.split("/")[0] ?? "") !== 0;
  const [, place = text, port] = bare ? [] : (/^(.+?):(\d{1,5})$/.exec(text) ?? []);
  const host = place.replace(/^\[(.*)\]/, "$1");
  const of = port === undefined ? null : Number(port);
  if (of !== null && (of < 1 || of > 65_535)) return null;
  const [network = "", bits = null] = host.split("/");
  const version = isIP(network);
  if (version === 0) return isName(host) ? { name: canonical(host), range: null, port: of } : null;
  if (bits !== null && (!/^\d{1,3}$/.test(bits) || Number(bits) > (version === 4 ? 32 : 128))) return null;
  return { name: null, range: rangesOf([host]), port: of };
}

export type ReachSettings = { allow: readonly AllowedPlace[]; ports: readonly number[] | "any" };

export class Reach {
  /** Everywhere that a socket can go. */
  static readonly everywhere = new Reach(null);
  readonly #settings: ReachSettings | null;

  constructor(settings: ReachSettings | null) {
    this.#settings = settings;
  }

  /** Throws `NotReached` for what can be told from the text of an address: its scheme, its port, its host, credentials in it. */
  check(url: URL): void {
    if (url.protocol !== "http:" && url.protocol !== "https:")
      throw new NotReached(`${url.protocol} is not sent to: only http: and https: are.`);
    if (url.username !== "" || url.password !== "")
      throw new NotReached("An address may hold no user and no password.");
    const port = url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
    this.checkHost(url.hostname, port);
    const literal = literalAddress(url);
    if (literal !== null) this.checkAddress(url.hostname, literal, port);
  }

  /** Throws `NotReached`. `host` is as it was written, an address or a name. */
  checkHost(host: string, port: number): void {
    if (this.trusts(host, port)) return;
    const name = canonical(host);
    if (name === "localhost" || name.endsWith(".localhost")) throw notPublic(host);
    const { ports } = this.#settings ?? { ports: "any" };
    const address = host.replace(/^\[|\]$/g, "");
    const allowed = isIP(address) !== 0 && this.#allows(address, port);
    if (!allowed && ports !== "any" && !ports.includes(port))
      throw new NotReached(`Port ${port} is not sent to: ${ports.join(", ")} are.`);
  }

  /** Throws `NotReached` when an address that `host` stands for may not be connected to. */
  checkAddress(host: string, address: string, port: number): void {
    if (!this.trusts(host, port) && !isPublic(address) && !this.#allows(address, port)) throw notPublic(host);
  }

  /** Whether the operator has named this host, so that it may be any address. */
  trusts(host: string, port: number): boolean {
    if (this.#settings === null) return true;
    const name = canonical(host);
    return this.#settings.allow.some((place) => place.name === name && (place.port ?? port) === port);
  }

  #allows(address: string, port: number): boolean {
    if (this.#settings === null) return true;
    return this.#settings.allow.some(
      ({ range, port: only }) => range !== null && (only ?? port) === port && isWithin(range, address),
    );
  }
}

function notPublic(host: string): NotReached {
  return new NotReached(`${host} is not an address of the internet.`);
}

/** One spelling: names are the same in capitals, and with the point of the root. */
function canonical(host: string): string {
  return host.toLowerCase().replace(/\.$/, "");
}

/** No name ends in a number: that would be an address in another spelling. */
function isName(text: string): boolean {
  return /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?\.?$/i.test(text) && !/(^|\.)(\d+|0x[\da-f]*)\.?$/i.test(text);
}
