/**
 * Which hosts the tools of an agent may reach: a list of `[scheme://]host[:port]`, where a host may begin with `*.` for all
 * below it. Without a port it is the scheme's own, and `*` is any. It names hosts and opens nothing: what no agent may reach
 * by the server's own rules, such as addresses of its network, no list of an agent gives.
 */
import { z } from "zod";

export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** Makes a `fetch` that judges each connection; it asks `refusal` of each address, also of redirects. */
export type Outgoing = (refusal: (url: URL) => string | null) => Fetch;

const PLACES_MAX = 256;
const PLACE_CHARACTERS_MAX = 300;
const PLACE = /^(?:(https?):\/\/)?(\*\.)?([^/?#@\s:*]+|\[[\da-f:.]+\])(?::(\d{1,5}|\*))?$/i;
const USUAL_PORTS: Readonly<Record<string, string>> = { http: "80", https: "443" };

type Place = {
  /** Null: either. */
  scheme: string | null;
  host: string;
  /** What is below `host`, and not `host` itself. */
  isBelow: boolean;
  /** Null: that of the scheme. */
  port: string | null;
};

/** Null where the text is none. */
function placeOf(text: string): Place | null {
  const [, scheme, below, host = "", port] = PLACE.exec(text) ?? [];
  if (port !== undefined && port !== "*" && (Number(port) < 1 || Number(port) > 65_535)) return null;
  const url = host === "" || !URL.canParse(`http://${host}/`) ? null : new URL(`http://${host}/`);
  // An address has nothing below it.
  if (url === null || (below !== undefined && /^\[|^[\d.]+$/.test(url.hostname))) return null;
  return {
    scheme: scheme?.toLowerCase() ?? null,
    host: canonical(url.hostname),
    isBelow: below !== undefined,
    port: port === undefined ? null : port === "*" ? port : String(Number(port)),
  };
}

export const agentReach = z
  .array(
    z
      .string()
      .max(PLACE_CHARACTERS_MAX)
      .refine(
        (text) => placeOf(text) !== null,
        "must be a host, such as api.example.com, *.example.com, https://example.com or example.com:8443",
      ),
  )
  .max(PLACES_MAX);

/** Whether one of these places is where this address leads, as far as its text says. */
export function mayReach(reach: readonly string[], { protocol, hostname, port }: URL): boolean {
  const scheme = protocol.replace(/:$/, "");
  const host = canonical(hostname);
  const usual = USUAL_PORTS[scheme];
  if (usual === undefined) return false;
  return reach.some((text) => {
    const place = placeOf(text);
    if (place === null || (place.scheme !== null && place.scheme !== scheme)) return false;
    if (place.port !== "*" && (place.port ?? usual) !== (port === "" ? usual : port)) return false;
    return place.isBelow ? host.endsWith(`.${place.host}`) : host === place.host;
  });
}

/** Why somebody may not reach an address, in a sentence; null where they may. Without a list they go wherever the server may. */
export function reachRefusal(who: string, reach: readonly string[] | undefined, url: URL): string | null {
  if (reach === undefined || mayReach(reach, url)) return null;
  const may = reach.length === 0 ? "no other server" : reach.join(", ");
  return `${url.origin === "null" ? url.protocol : url.origin} is not reached: ${who} may reach ${may}.`;
}

/** Whether one list gives nothing that another does not; without a list it is any place. */
export function isWithinReach(reach: readonly string[] | undefined, other: readonly string[] | undefined): boolean {
  if (reach === undefined || other === undefined) return other === undefined;
  const given = other.map(placeOf);
  return reach.map(placeOf).every((place) => given.some((each) => isPlaceWithin(place, each)));
}

function isPlaceWithin(place: Place | null, other: Place | null): boolean {
  if (place === null || other === null) return false;
  if (other.scheme !== null && other.scheme !== place.scheme) return false;
  if (other.port !== "*" && other.port !== place.port) return false;
  if (!other.isBelow) return place.host === other.host && !place.isBelow;
  return place.host.endsWith(`.${other.host}`) || (place.isBelow && place.host === other.host);
}

/** One spelling, also with the point of the root. */
function canonical(host: string): string {
  return host.toLowerCase().replace(/\.$/, "");
}
