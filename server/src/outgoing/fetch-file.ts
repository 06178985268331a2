/** Fetches a file from an address that a caller named. Each redirect is a request of its own, judged like the first. */
import type { Readable } from "node:stream";
import type { GuardedClient, OpenAnswer } from "./guarded-client.ts";

const REDIRECTS_MAX = 3;
const TOTAL_MS_MAX = 60_000;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Why there is no file: a sentence for whoever asked for it. */
export class FetchFailure extends Error {
  override readonly name = "FetchFailure";
}

/** `take` reads the body to its end. Throws `FetchFailure`, what `take` throws, and the reason of `signal`. */
export async function fetchFile<Taken>(
  url: string,
  { client, signal }: { client: GuardedClient; signal: AbortSignal },
  take: (body: Readable, signal: AbortSignal) => Promise<Taken>,
): Promise<{ taken: Taken; mediaType: string }> {
  const timeout = AbortSignal.timeout(TOTAL_MS_MAX);
  const either = AbortSignal.any([signal, timeout]);
  try {
    const { headers, body } = await followed(url, client, either);
    const [mediaType = ""] = textOf(headers["content-type"]).split(";", 1);
    return { taken: await take(body, either), mediaType: mediaType.trim() };
  } catch (error) {
    signal.throwIfAborted();
    if (timeout.aborted) throw new FetchFailure(`download failed, it took longer than ${TOTAL_MS_MAX / 1_000} s`);
    throw error;
  }
}

async function followed(first: string, client: GuardedClient, signal: AbortSignal): Promise<OpenAnswer> {
  let url = new URL(first);
  for (let redirects = 0; ; redirects++) {
    const answer = await client
      .open(url, { method: "GET", headers: { accept: "*/*" }, signal })
      .catch((error: unknown) => {
        throw signal.aborted ? signal.reason : failure(error instanceof Error ? error.message : String(error), error);
      });
    const { status, headers, body } = answer;
    if (status >= 200 && status < 300) return answer;
    body.on("error", () => {}).destroy();
    const location = textOf(headers["location"]);
    if (!REDIRECTS.has(status) || location === "") throw failure(`HTTP ${status}`);
    if (redirects === REDIRECTS_MAX) throw failure(`more than ${REDIRECTS_MAX} redirects`);
    url = new URL(location, url);
  }
}

function failure(why: string, cause?: unknown): FetchFailure {
  return new FetchFailure(`download failed, ${why}`, { cause });
}

function textOf(header: string | string[] | undefined): string {
  return (Array.isArray(header) ? header[0] : header) ?? "";
}
