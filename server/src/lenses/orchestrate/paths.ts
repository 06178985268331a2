/**
 * The spellings of a path. The same operation is asked for under the addresses of the protocol's local, hosted and
 * on-premises servers, with and without `/api`, and with a slash at the end.
 */
const INSTANCE = /^(?:(?:\/orchestrate)?\/cpd)?\/instances\/[^/]+(?=\/|$)/;
const API = /^\/api(?=\/|$)/;
/** Code samples of the vendor's have it twice. */
const TWICE = /^\/v1\/v1(?=\/|$)/;
/** Local servers have these beside the runs, hosted ones below them. */
const HOSTED =
  /^\/v1\/orchestrate(?=\/(?:threads|tasks|vector-indices|documents|assistants|tools|toolkits|connections|auth|tenants)(?:\/|$))/;
/** Hosted servers have agents that run elsewhere below those of their own. */
const ELSEWHERE = /^\/v1\/orchestrate(?=\/agents\/external-chat(?:\/|$))/;
const HEALTH = /^\/v1(?=\/health\/)/;

/** The spelling that the routes of this lens are written in. */
export function canonicalPath(given: string): string {
  const path = given
    .replace(INSTANCE, "")
    .replace(API, "")
    .replace(TWICE, "/v1")
    .replace(HOSTED, "/v1")
    .replace(ELSEWHERE, "/v1")
    .replace(HEALTH, "");
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path || "/";
}
