/**
 * Fetches a file from an address that a caller named. Where it leads is looked at again at each redirect and at the moment
 * of the connection, so that a name which means something else by then leads nowhere.
 */
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { isPublic, literalAddress, NotPublic, publicLookup } from "./addresses.ts";

const REDIRECTS_MAX = 3;
const CONNECT_MS_MAX = 5_000;
const TOTAL_MS_MAX = 60_000;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Why there is no file: a sentence for whoever asked for it. */
export class FetchFailure extends Error {
  override readonly name = "FetchFailure";
}

/** Whereto requests may go: `any` also to this machine and its network. */
export type Reach = "public" | "any";

/** `take` reads the body to its end. Throws `FetchFailure`, what `take` throws, and the reason of `signal`. */
export async function fetchFile<Taken>(
  url: string,
  { reach, signal }: { reach: Reach; signal: AbortSignal },
  take: (body: IncomingMessage, signal: AbortSignal) => Promise<Taken>,
): Promise<{ taken: Taken; mediaType: string }> {
  const timeout = AbortSignal.timeout(TOTAL_MS_MAX);
  const either = AbortSignal.any([signal, timeout]);
  try {
    const response = await followed(url, reach, either);
    const [mediaType = ""] = (response.headers["content-type"] ?? "").split(";", 1);
    return { taken: await take(response, either), mediaType: mediaType.trim() };
  } catch (error) {
    signal.throwIfAborted();
    if (timeout.aborted) throw new FetchFailure(`download failed, it took longer than ${TOTAL_MS_MAX / 1_000} s`);
    throw error;
  }
}

async function followed(first: string, reach: Reach, signal: AbortSignal): Promise<IncomingMessage> {
  let url = checked(first, reach);
  for (let redirects = 0; ; redirects++) {
    const response = await answerOf(url, reach, signal);
    const { statusCode = 0, headers } = response;
    if (statusCode >= 200 && statusCode < 300) return response;
    response.destroy();
    const isRedirect = REDIRECTS.has(statusCode) && headers.location !== undefined;
    if (!isRedirect) throw new FetchFailure(`download failed, HTTP ${statusCode}`);
    if (redirects === REDIRECTS_MAX) throw new FetchFailure(`download failed, more than ${REDIRECTS_MAX} redirects`);
    url = checked(new URL(headers.location ?? "", url).href, reach);
  }
}

function checked(text: string, reach: Reach): URL {
  const url = new URL(text);
  if (url.protocol !== "http:" && url.protocol !== "https:")
    throw new FetchFailure(`download failed, ${url.protocol} is not fetched`);
  const literal = literalAddress(url);
  if (reach === "public" && literal !== null && !isPublic(literal)) throw notReached(new NotPublic(literal));
  return url;
}

function answerOf(url: URL, reach: Reach, signal: AbortSignal): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const send = url.protocol === "https:" ? httpsRequest : httpRequest;
  const request = send(url, {
    signal,
    agent: false,
    headers: { accept: "*/*", "user-agent": "waybill" },
    ...(reach === "public" && { lookup: publicLookup }),
  });
  const tooLong = setTimeout(() => request.destroy(new Error("no connection within 5 s")), CONNECT_MS_MAX);
  request.on("socket", (socket) => socket.once("connect", () => clearTimeout(tooLong)));
  request.on("close", () => clearTimeout(tooLong));
  request.on("response", resolve);
  request.on("error", (error) => reject(signal.aborted ? signal.reason : notReached(error)));
  request.end();
  return promise;
}

function notReached(error: Error): FetchFailure {
  return new FetchFailure(`download failed, ${error.message}`, { cause: error });
}
