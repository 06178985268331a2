/**
 * Where a request comes from. In `dev`, where no key is needed, this protects a developer's agents from web pages, other machines and
 * the network.
 */
import type { IncomingHttpHeaders } from "node:http";

/** True for a `Host` header that names this machine, or one of `also`. A name whose DNS could point here is not local. */
export function isLocalHost(host: string | undefined, also: ReadonlySet<string>): boolean {
  if (host === undefined) return false;
  const name = hostName(host);
  return (
    name === "localhost" || name === "127.0.0.1" || name === "[::1]" || name.endsWith(".localhost") || also.has(name)
  );
}

function hostName(host: string): string {
  return host.replace(/:\d*$/, "").toLowerCase();
}

/** The webview of a desktop application on this machine. */
const DESKTOP_ORIGIN = "tauri://localhost";

/**
 * True when a browser sends the request for a page that is neither of this machine nor of one of `also`. Programs send neither header.
 * An `Origin` decides if there is one: some browsers call a page on another port of this machine `cross-site`.
 */
export function isForeign(headers: IncomingHttpHeaders, also: ReadonlySet<string>): boolean {
  const { origin, referer } = headers;
  if (origin === undefined) {
    const site = headers["sec-fetch-site"];
    if (site !== undefined) return site === "cross-site";
    // A browser that does not send `Origin` may send `Referer`.
    return referer !== undefined && isForeignPage(referer, also);
  }
  return origin !== DESKTOP_ORIGIN && isForeignPage(origin, also);
}

function isForeignPage(url: string, also: ReadonlySet<string>): boolean {
  const page = URL.canParse(url) ? new URL(url) : null;
  const isWeb = page?.protocol === "http:" || page?.protocol === "https:";
  return !isWeb || !isLocalHost(page.host, also);
}

/** Headers that proxies, content networks and tunnels add, beside those that begin with one of `FORWARDING`. */
const FORWARDED: ReadonlySet<string> = new Set([
  "forwarded",
  "via",
  "x-real-ip",
  "x-client-ip",
  "x-cluster-client-ip",
  "x-original-host",
  "x-original-forwarded-for",
  "true-client-ip",
  "fastly-client-ip",
  "fly-client-ip",
  "cdn-loop",
]);
const FORWARDING = ["x-forwarded-", "cf-", "x-envoy-", "tailscale-", "ngrok-", "x-azure-", "x-arr-"];

/** True when a proxy has passed it on: its address then does not tell who sent it. */
export function isForwarded(headers: IncomingHttpHeaders): boolean {
  for (const name in headers)
    if (FORWARDED.has(name) || FORWARDING.some((beginning) => name.startsWith(beginning))) return true;
  return false;
}

export function isLoopback(address: string | undefined): boolean {
  return address !== undefined && (address === "::1" || /^(::ffff:)?127\./.test(address));
}
