/**
 * The spellings of a path. The same operation stands below the default agent's base and below each agent's, below a base
 * that is pinned to a version, and below a tenant: a route is written once, with all of that in its first part.
 */
import { isVersion, type Version } from "./vocabulary.ts";

/** Which agent is meant, and how. */
export type Base = {
  /** Null: the default one. */
  agent: string | null;
  /** What is below a pinned base is of that version unless the request says otherwise. */
  pin: Version | null;
  tenant: string | null;
};

const BY_DEFAULT = "-";
/** Parts the pieces of a base: it is no letter of a slug or a version. */
const BETWEEN = "~";

/** What may stand first behind a base, and so is no agent and no tenant. */
const OPERATIONS = /^(?:tasks|message:send|message:stream|extendedAgentCard|v1|\.well-known|files)$/;
/** As clients write the colon of an operation when they encode all of a path. No id has one. */
const ENCODED_COLON = /%3a/gi;
/** What the server itself has where this lens has a port of its own. */
const SERVERS_OWN = /^\/(?:health|openapi\.json)$/;

/** The spelling that the routes of this lens are written in. */
export function canonicalPath(path: string): string {
  if (SERVERS_OWN.test(path)) return path;
  const segments = path.replaceAll(ENCODED_COLON, ":").split("/").slice(1);
  if (segments.at(-1) === "") segments.pop();
  const takeUnless = (isTaken: RegExp) => {
    const [next] = segments;
    return next === undefined || isTaken.test(next) ? "" : (segments.shift() ?? "");
  };
  const agent = isVersion(segments[0]) ? "" : takeUnless(OPERATIONS);
  const pin = isVersion(segments[0]) ? (segments.shift() ?? "") : "";
  const tenant = takeUnless(OPERATIONS);
  return ["", [agent || BY_DEFAULT, pin, tenant].join(BETWEEN), ...segments].join("/");
}

export function isBase(text: string): boolean {
  return text.split(BETWEEN).length >= 3;
}

/** The base out of the first part of a canonical path. */
export function baseFrom(text: string): Base {
  const [agent = BY_DEFAULT, pin, ...tenant] = text.split(BETWEEN);
  return {
    agent: agent === BY_DEFAULT ? null : agent,
    pin: isVersion(pin) ? pin : null,
    tenant: tenant.join(BETWEEN) || null,
  };
}

/** Where the base is, below `root`: without a slash at its end. */
export function urlOf({ agent, pin }: Pick<Base, "agent" | "pin">, root: string): string {
  return [root, ...(agent === null ? [] : [agent]), ...(pin === null ? [] : [pin])].join("/");
}
