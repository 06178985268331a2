/** Addresses of machines in a network. */
import { isIPv6 } from "node:net";
import type { Detection } from "../../detector.ts";
import { matches, wordsBefore } from "./finder.ts";

const IPV4 =
  /(?<![\p{L}\d._-])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\p{L}\d_-])(?!\.\d)/dgu;
const IPV6 = /(?<![\p{L}\d:.])(?=[\da-f]{0,4}:)[\da-f:]{3,39}(?:\.\d{1,3}){0,3}(?![\p{L}\d:])/dgiu;
const MAC =
  /(?<![\p{L}\d:-])[\da-f]{2}([:-])(?:[\da-f]{2}\1){4}[\da-f]{2}(?![\p{L}\d:-])|(?<![\p{L}\d.])(?:[\da-f]{4}\.){2}[\da-f]{4}(?![\p{L}\d.])/dgiu;
const NO_MACHINE = /^(?:0\.|127\.|255\.|22[4-9]\.|23\d\.|1\.0\.0\.0$|1\.1\.1\.1$|8\.8\.[48]\.[48]$)/;
const VERSION_WORD =
  /(?:\bversion|\brelease|\bv|\bsection|\bchapter|\bver\.?|\bbuild|\bfirmware|\bkapitel|\bupdate to|\bupgraded? to)\s?$/;

/** IPv4 and IPv6 addresses; those that are the same on every machine count little. */
export function networkAddresses(text: string): Detection[] {
  return [
    ...matches(text, IPV4, "IpAddress", (address, start) => {
      if (VERSION_WORD.test(wordsBefore(text, start, 16))) return 0.1;
      return NO_MACHINE.test(address) ? 0.3 : 0.85;
    }),
    ...matches(text, IPV6, "IpAddress", (address) =>
      isIPv6(address) ? (/^::1?$/.test(address) || address.length < 6 ? 0.3 : 0.9) : 0,
    ),
    ...matches(text, MAC, "MacAddress", () => 0.9),
  ];
}
