/**
 * The network by which callers of an address are counted: the first 64 bits of a version 6 address, as whoever has one address there
 * has them all; a version 4 address that is written or translated as version 6 counts as version 4.
 */
import { isIPv6 } from "node:net";

/** Prefixes of 96 bits for version 4 addresses: mapped ones, and those of translators (RFC 6052, 2.1). */
const OF_VERSION_4: ReadonlySet<string> = new Set(["0:0:0:0:0:ffff", "64:ff9b:0:0:0:0"]);
const DOTTED = /(\d+)\.(\d+)\.(\d+)\.(\d+)$/;
const GROUPS = 8;
const GROUPS_OF_NETWORK = 4;

export function networkOf(address: string): string {
  const [bare = ""] = address.split("%", 1);
  if (!isIPv6(bare)) return address;
  const [head = "", tail] = bare.replace(DOTTED, inGroups).split("::");
  const first = groupsOf(head);
  const last = groupsOf(tail ?? "");
  const missing = tail === undefined ? 0 : GROUPS - first.length - last.length;
  const all = [...first, ...new Array<string>(Math.max(0, missing)).fill("0"), ...last];
  const groups = all.map((group) => Number.parseInt(group, 16));
  const texts = groups.map((group) => group.toString(16));
  if (OF_VERSION_4.has(texts.slice(0, -2).join(":")))
    return groups
      .slice(-2)
      .flatMap((group) => [group >> 8, group & 255])
      .join(".");
  return `${texts.slice(0, GROUPS_OF_NETWORK).join(":")}::/64`;
}

/** The last 32 bits, written as the others. */
function inGroups(_: string, ...bytes: string[]): string {
  const [a = 0, b = 0, c = 0, d = 0] = bytes.map(Number);
  return [a * 256 + b, c * 256 + d].map((group) => group.toString(16)).join(":");
}

function groupsOf(text: string): string[] {
  return text === "" ? [] : text.split(":");
}
