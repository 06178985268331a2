/**
 * Which addresses are of the internet. What is of this machine, of its network or of nobody would let a caller reach what
 * only the server can.
 */
import { BlockList, isIP } from "node:net";

/** All of version 4 but these. The last is of the internet by its number, and answers machines of one cloud from within. */
const NOT_PUBLIC_4 = [
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
  "168.63.129.16/32",
];
/** Of version 6 only what is given out, */
const PUBLIC_6 = ["2000::/3"];
/** without what carries an address of version 4 (Teredo, 6to4), is for documentation or for nobody's use. */
const NOT_PUBLIC_6 = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"];

const notPublic = rangesOf([...NOT_PUBLIC_4, ...NOT_PUBLIC_6]);
const public6 = rangesOf(PUBLIC_6);

/** Ranges as `10.0.0.0/8`; an address alone is a range of one. Throws on what is none. */
export function rangesOf(texts: readonly string[]): BlockList {
  const ranges = new BlockList();
  for (const text of texts) {
    const [network = "", bits] = text.split("/");
    const family = familyOf(network);
    ranges.addSubnet(network, bits === undefined ? (family === "ipv6" ? 128 : 32) : Number(bits), family);
  }
  return ranges;
}

/** Of an address of version 4 that is written as one of version 6 (`::ffff:10.0.0.1`), the ranges of version 4 decide too. */
export function isWithin(ranges: BlockList, address: string): boolean {
  return ranges.check(address, familyOf(address));
}

/** False also for what is no address, or names an interface of this machine (`fe80::1%eth0`). */
export function isPublic(address: string): boolean {
  const version = isIP(address);
  if (version === 0 || address.includes("%") || isWithin(notPublic, address)) return false;
  return version === 4 || isWithin(public6, address);
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 6 ? "ipv6" : "ipv4";
}

/**
 * The host of an address that is written in numbers; null for a name. A `URL` has made one spelling of decimal, octal,
 * hexadecimal and shortened ones.
 */
export function literalAddress({ hostname }: URL): string | null {
  const host = hostname.replace(/^\[|\]$/g, "");
  return isIP(host) === 0 ? null : host;
}
