/**
 * One request to a receiver. Of its answer only the status and `Retry-After` count, as soon as they are there: a webhook is no
 * way to read what an address answers, and a body that does not end holds up nothing.
 */
import { Readable } from "node:stream";
import type { GuardedClient } from "../outgoing/guarded-client.ts";
import { NotReached } from "../outgoing/reach.ts";
import type { Answer, Notification } from "../task/subscription.ts";

const ERROR_CHARACTERS_MAX = 300;

export type Sender = Pick<GuardedClient, "tell">;

/** What it came to, whatever that is. Rejects only with the reason of `signal`. */
export async function attempt(
  sender: Sender,
  url: string,
  { contentType, body, headers }: Notification,
  signal: AbortSignal,
  now: () => number,
): Promise<Answer> {
  try {
    const sent = { ...headers, "content-type": contentType };
    const answer = await sender.tell(new URL(url), { method: "POST", ...withBody(sent, body), signal });
    const { status } = answer;
    const error = status >= 200 && status < 300 ? null : `HTTP ${status}`;
    return { status, retryAfterMs: retryAfterMs(answer.headers["retry-after"], now()), error };
  } catch (thrown) {
    signal.throwIfAborted();
    return { status: null, refused: thrown instanceof NotReached, retryAfterMs: null, error: sentenceOf(thrown) };
  }
}

function withBody(headers: Record<string, string>, body: Notification["body"]) {
  if (typeof body === "string") return { headers, body };
  const sent = Readable.from(body.pieces(), { objectMode: false });
  // What is broken off says so, to nobody: the request has failed.
  sent.on("error", () => {});
  // Without its length it would be sent in chunks, which not every receiver takes.
  return { headers: { ...headers, "content-length": String(body.bytes) }, body: sent };
}

/** Seconds, or a date of HTTP. */
function retryAfterMs(header: string | string[] | undefined, now: number): number | null {
  if (typeof header !== "string") return null;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1_000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}

function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return "The request failed.";
  const code = "code" in error && typeof error.code === "string" ? `${error.code} ` : "";
  return `${code}${error.message}`.trim().slice(0, ERROR_CHARACTERS_MAX) || error.name;
}
