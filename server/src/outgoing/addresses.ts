/**
 * Which addresses a server may be sent to by its callers: those of the internet. What is of this machine, of its network or
 * of nobody would let a caller reach what only the server can.
 */
import { lookup as resolve } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";

const V4 = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
];
/** Those that hold an address of version 4 in another way than mapped, too: it may be any. */
const V6 = [
  "::/96",
  "64:ff9b::/96",
  "64:ff9b:1::/48",
  "100::/64",
  "2001::/23",
  "2001:db8::/32",
  "2002::/16",
  "fc00::/7",
].concat(["fe80::/10", "fec0::/10", "ff00::/8"]);

const blocked = new BlockList();
for (const [family, ranges] of [
  ["ipv4", V4],
  ["ipv6", V6],
] as const) {
  for (const range of ranges) {
    const [network = "", bits = ""] = range.split("/");
    blocked.addSubnet(network, Number(bits), family);
  }
}

export class NotPublic extends Error {
  override readonly name = "NotPublic";

  constructor(host: string) {
    super(`${host} is not an address of the internet.`);
  }
}

export function isPublic(address: string): boolean {
  const version = isIP(address);
  return version !== 0 && !blocked.check(address, version === 6 ? "ipv6" : "ipv4");
}

/** Resolves a name for a connection. One of whose addresses only one is not public leads nowhere. */
export const publicLookup: LookupFunction = (host, options, answer) => {
  resolve(host, { all: true }, (error, found) => {
    const [first] = found ?? [];
    if (error || !first) answer(error ?? new Error(`${host} has no address.`), "", 0);
    else if (found.some(({ address }) => !isPublic(address))) answer(new NotPublic(host), "", 0);
    else if (options.all) answer(null, found);
    else answer(null, first.address, first.family);
  });
};

/** The host of an address that is written in numbers; null for a name. */
export function literalAddress({ hostname }: URL): string | null {
  const host = hostname.replace(/^\[|\]$/g, "");
  return isIP(host) === 0 ? null : host;
}

/** Throws `NotPublic` when the address leads elsewhere than to the internet, as far as it can be told before a connection. */
export async function mustBePublic(url: URL): Promise<void> {
  const literal = literalAddress(url);
  if (literal !== null) {
    if (!isPublic(literal)) throw new NotPublic(literal);
    return;
  }
  const { promise, resolve: done } = Promise.withResolvers<unknown>();
  publicLookup(url.hostname, { all: true }, (error) => done(error));
  const error = await promise;
  if (error instanceof NotPublic) throw error;
}
