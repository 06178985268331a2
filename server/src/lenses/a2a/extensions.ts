/** Extensions of the protocol: which ones a request names, which an agent wants, and which the answer says are used. */
import type { IncomingHttpHeaders } from "node:http";
import type { AgentDefinition } from "../../task/agent/agent.ts";
import { ProtocolRefusal } from "./faults.ts";
import type { Version } from "./vocabulary.ts";

const HEADER = "a2a-extensions";
/** As clients of 0.3 spell it. */
const OLD_HEADER = "x-a2a-extensions";

/** Ours: a message that comes again under its id with the same content takes effect once, also without its task. */
export const SENT_ONCE = "urn:waybill:a2a:sent-once:1";

/** Those of the request that the agent has, by URI, and the header that repeats them. */
export type Used = { uris: ReadonlySet<string>; header: Record<string, string> };

const NONE: Used = { uris: new Set(), header: {} };

/** Throws `extensionRequired`, in 0.3 `unsupportedOperation`, when the agent wants one that is not named. */
export function extensionsUsed(
  headers: IncomingHttpHeaders,
  version: Version,
  { card }: Pick<AgentDefinition, "card">,
): Used {
  const named = headers[HEADER] !== undefined ? HEADER : OLD_HEADER;
  if (headers[named] === undefined && card?.extensions === undefined) return NONE;
  const asked = new Set(
    String(headers[named] ?? "")
      .split(",")
      .map((uri) => uri.trim())
      .filter((uri) => uri !== ""),
  );
  const declared = card?.extensions ?? [];
  const missing = declared.find(({ uri, required }) => required && !asked.has(uri));
  if (missing !== undefined) {
    const fault = version === "1.0" ? "extensionRequired" : "unsupportedOperation";
    throw new ProtocolRefusal(fault, `The agent wants the extension ${missing.uri}.`, { extension: missing.uri });
  }
  const known = new Set([SENT_ONCE, ...declared.map(({ uri }) => uri)]);
  const uris = new Set([...asked].filter((uri) => known.has(uri)));
  return { uris, header: uris.size === 0 ? {} : { [named]: [...uris].join(", ") } };
}
