/** Files at addresses that callers name: where those may lead, and how much of an answer callers and handlers see. */
import type { Readable } from "node:stream";
import type { Download } from "../handlers/documents/parts.ts";
import { StepFailure } from "../handlers/documents/step-failure.ts";
import { FetchFailure, fetchFile } from "../outgoing/fetch-file.ts";
import { GuardedClient } from "../outgoing/guarded-client.ts";
import { NotReached, Reach } from "../outgoing/reach.ts";
import { Refusal } from "../task/errors.ts";

/** Null if none are fetched. */
export function fetchingOf(urls: "off" | "public" | "any"): GuardedClient | null {
  if (urls === "off") return null;
  return new GuardedClient(urls === "any" ? Reach.everywhere : new Reach({ allow: [], ports: "any" }));
}

/** Throws `invalid` when this server may not fetch from the address. */
export async function checkUrl(url: URL, client: GuardedClient): Promise<void> {
  try {
    await client.check(url);
  } catch (error) {
    if (error instanceof NotReached) throw new Refusal("invalid", `url: ${error.message}`, { field: "url" });
    throw error;
  }
}

type ReceivedBytes = Omit<Awaited<ReturnType<Download>>, "mediaType">;

export function downloadOf(
  client: GuardedClient,
  bytesMax: number,
  receive: (body: Readable, bounds: { bytesMax: number; signal: AbortSignal }) => Promise<ReceivedBytes>,
): Download {
  return async (url, stop) => {
    try {
      const take = (body: Readable, signal: AbortSignal) => receive(body, { bytesMax, signal });
      const { taken, mediaType } = await fetchFile(url, { client, signal: stop }, take);
      return { ...taken, mediaType };
    } catch (error) {
      if (error instanceof FetchFailure) throw new StepFailure("invalid_file", error.message);
      if (error instanceof Refusal && error.code === "too_large") throw new StepFailure("too_large", error.message);
      throw error;
    }
  };
}
