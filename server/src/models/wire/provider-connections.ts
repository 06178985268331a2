/** Requests to providers over kept connections, whose answers can be read before `fetch` does. */
import type { Dispatcher } from "undici";
import type { EarlyAnswer } from "./early-answer.ts";

/** HTTP/1.1, as the global `fetch` uses. Each call bounds how long a provider may be silent. */
const SETTINGS = { allowH2: false, headersTimeout: 0, bodyTimeout: 0 };

let connections: Dispatcher | null = null;

/** A hundred modules, which a server that asks no provider starts without. */
export const loadConnections = () => import("undici");

/** The global `fetch`, except that `early` sees the answer first. */
export async function fetchBehind(
  early: EarlyAnswer,
  input: string | URL,
  { headers, ...init }: { method: string; headers: Headers; body: string; signal: AbortSignal | null },
): Promise<Response> {
  const undici = await loadConnections();
  connections ??= usesProxies() ? new undici.EnvHttpProxyAgent(SETTINGS) : new undici.Agent(SETTINGS);
  const dispatcher = connections.compose((dispatch) => ({ body, ...asked }, handler) => {
    // `fetch` has made a stream of the body, which would be sent after the head, in a packet of its own.
    const whole = body == null ? null : init.body;
    return dispatch({ ...asked, body: whole }, early.before(handler));
  });
  return await undici.fetch(input, { ...init, headers: [...headers], dispatcher });
}

/** As the global `fetch` decides. */
function usesProxies(): boolean {
  const { NODE_USE_ENV_PROXY, NODE_OPTIONS = "" } = process.env;
  const options = [...process.execArgv, ...NODE_OPTIONS.split(/\s+/)];
  return NODE_USE_ENV_PROXY === "1" || options.includes("--use-env-proxy");
}
