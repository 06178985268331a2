/** What a request says about where it comes from. In `dev`, where no key is needed, this stands between a web page and a developer's agents. */
import type { FastifyRequest } from "fastify";

/** True for a `Host` header that names this machine, or one of `also`. A name that a foreign DNS could point here is not local. */
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

/** True when a browser sends it for a page that is not our own. Programs send neither header. */
export function isForeign({ headers }: Pick<FastifyRequest, "headers">): boolean {
  const site = headers["sec-fetch-site"];
  if (site === "cross-site" || site === "same-site") return true;
  const { origin, host } = headers;
  return origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`;
}

export function isLoopback(address: string | undefined): boolean {
  return address !== undefined && (address === "::1" || /^(::ffff:)?127\./.test(address));
}
