/** Which version a request is in. */
import type { IncomingHttpHeaders } from "node:http";
import { ProtocolRefusal } from "./faults.ts";
import { isVersion, VERSIONS, type Version } from "./vocabulary.ts";

const NAME = "a2a-version";

/**
 * What the request says of itself, by header or else by query; `pin` where it says nothing. Null when neither says
 * anything. Throws `versionNotSupported`.
 */
export function versionAsked(
  headers: IncomingHttpHeaders,
  query: Readonly<Record<string, unknown>>,
  pin: Version | null,
): Version | null {
  const said =
    textOf(headers[NAME]) || textOf(Object.entries(query).find(([name]) => name.toLowerCase() === NAME)?.[1]);
  if (said === "") return pin;
  const version = /^(\d+\.\d+)(?:\.\d+)?$/.exec(said)?.[1];
  if (isVersion(version)) return version;
  throw new ProtocolRefusal("versionNotSupported", `A2A version ${said.slice(0, 32)} is not supported.`, {
    requested: said.slice(0, 32),
    supported: VERSIONS.join(", "),
  });
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value.trim() : "";
}
