/**
 * Requests to one server: the key, time limits, tries again, and errors. Knows HTTP and problem details (RFC 9457), and
 * nothing of tasks. The bodies of good answers are taken to be what the OpenAPI document says they are.
 */
import { backoffMs, RETRY_AFTER_MAX_MS, retryAfterMs, sleep } from "./backoff.ts";
import { Deadline } from "./deadline.ts";
import { WaybillError, type WaybillErrorCode } from "./errors.ts";
import { ERROR_CODES } from "./generated/api.ts";

export const DEFAULT_BASE_URL = "http://localhost:7420";
const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_RETRIES = 4;

export type TransportOptions = {
  baseUrl?: string;
  apiKey?: string;
  fetch?: typeof globalThis.fetch;
  /** Limit of one try of one request. A long poll may take its waiting time more. */
  timeoutMs?: number;
  /** Tries after the first one, of requests that are safe to repeat. */
  retries?: number;
};

type QueryValue = string | number | boolean | readonly string[] | Record<string, string> | undefined;
export type Query = Record<string, QueryValue>;

export type Call = {
  method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  /** With its parameters already in place and encoded. */
  path: string;
  query?: Query;
  body?: unknown;
  /** In its place: what is sent as it is. */
  bytes?: Blob;
  headers?: Record<string, string>;
  /** Makes a POST safe to repeat: the server takes effect once under the same key. */
  idempotencyKey?: string;
  /** A POST whose body makes it safe to repeat by itself. */
  repeatable?: true;
  signal?: AbortSignal | undefined;
  /** How long it may take, on top of the time limit: a server that holds its answer, a body that is long. */
  waitMs?: number;
};

const REPEATABLE: ReadonlySet<string> = new Set(["GET", "PUT", "DELETE"]);
const PASSING: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);
const known: ReadonlySet<string> = new Set(ERROR_CODES);

export class Transport {
  readonly baseUrl: string;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly #apiKey: string | undefined;
  readonly #fetch: typeof globalThis.fetch;

  constructor(options: TransportOptions) {
    this.baseUrl = (options.baseUrl ?? DEFAULT_BASE_URL).replace(/\/+$/, "");
    this.timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.retries = options.retries ?? DEFAULT_RETRIES;
    this.#apiKey = options.apiKey;
    // Looked up at the call, and called without a receiver: browsers insist on the latter.
    this.#fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
  }

  /** The JSON of a good answer; `undefined` for one without a body. */
  async json<Body>(call: Call): Promise<Body> {
    const repeatable = REPEATABLE.has(call.method) || call.idempotencyKey !== undefined || call.repeatable === true;
    for (let failures = 0; ; ) {
      try {
        // The door: the server's contract is the OpenAPI document that the types are generated from.
        return (await this.#once(call)) as Body;
      } catch (error) {
        if (call.signal?.aborted) throw call.signal.reason;
        failures += 1;
        if (!repeatable || failures > this.retries || !isPassing(error)) throw error;
        await sleep(delayMs(error, failures), call.signal);
      }
    }
  }

  /** One try: a good answer whose body has not been read. The caller ends `deadline`. */
  async open(call: Call, deadline: Deadline): Promise<Response> {
    let response: Response;
    try {
      response = await this.#fetch(this.#url(call), this.#init(call, deadline.signal));
    } catch (error) {
      throw this.#unanswered(error, call, deadline);
    }
    if (response.ok) return response;
    let text: string;
    try {
      text = await response.text();
    } catch (error) {
      throw this.#unanswered(error, call, deadline);
    }
    throw problem(response, text);
  }

  /** What a broken connection is called. */
  #unanswered(error: unknown, call: Call, deadline: Deadline): unknown {
    if (call.signal?.aborted) return call.signal.reason;
    if (deadline.passed) {
      return new WaybillError("timeout", `${this.baseUrl} did not answer in time (${call.method} ${call.path}).`, {
        cause: error,
      });
    }
    const why = reasonOf(error);
    return new WaybillError("connection", `Cannot reach ${this.baseUrl}${why === "" ? "" : `: ${why}`}.`, {
      cause: error,
    });
  }

  async #once(call: Call): Promise<unknown> {
    const deadline = new Deadline(this.timeoutMs + (call.waitMs ?? 0), call.signal);
    try {
      const response = await this.open(call, deadline);
      let text: string;
      try {
        text = await response.text();
      } catch (error) {
        throw this.#unanswered(error, call, deadline);
      }
      if (text === "") return undefined;
      try {
        return JSON.parse(text);
      } catch (error) {
        throw notOurs(response, error);
      }
    } finally {
      deadline.clear();
    }
  }

  #url(call: Call): string {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(call.query ?? {})) {
      if (value === undefined) continue;
      if (typeof value !== "object") query.append(name, String(value));
      else if (isList(value)) query.append(name, value.join(","));
      else for (const [key, one] of Object.entries(value)) query.append(`${name}[${key}]`, one);
    }
    const search = query.toString();
    return `${this.baseUrl}${call.path}${search === "" ? "" : `?${search}`}`;
  }

  #init(call: Call, signal: AbortSignal): RequestInit {
    const headers: Record<string, string> = { accept: "application/json", ...call.headers };
    if (this.#apiKey !== undefined) headers["authorization"] = `Bearer ${this.#apiKey}`;
    if (call.idempotencyKey !== undefined) headers["idempotency-key"] = call.idempotencyKey;
    if (call.bytes !== undefined) {
      headers["content-type"] = call.bytes.type || "application/octet-stream";
      return { method: call.method, headers, signal, body: call.bytes };
    }
    if (call.body === undefined) return { method: call.method, headers, signal };
    headers["content-type"] = "application/json";
    return { method: call.method, headers, signal, body: JSON.stringify(call.body) };
  }
}

function isList(value: readonly string[] | Record<string, string>): value is readonly string[] {
  return Array.isArray(value);
}

/** True for failures that another try may not meet again. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof WaybillError)) return false;
  if (error.status === null) return error.code === "connection" || error.code === "timeout";
  return PASSING.has(error.status) && (error.retryAfterS ?? 0) * 1000 <= RETRY_AFTER_MAX_MS;
}

/** How long to wait after the `failures`th failure in a row, never less than the server asked for. */
export function delayMs(error: unknown, failures: number): number {
  const asked = error instanceof WaybillError ? (error.retryAfterS ?? 0) * 1000 : 0;
  return Math.max(asked, backoffMs(failures));
}

function notOurs(response: Response, cause?: unknown): WaybillError {
  return new WaybillError(
    "protocol",
    `The answer (status ${response.status}) is not from Waybill's API. Is the base URL that of a Waybill server?`,
    { status: response.status, cause },
  );
}

function problem(response: Response, text: string): WaybillError {
  const fields = fieldsOf(text);
  const string = (name: string): string | null => {
    const value = fields[name];
    return typeof value === "string" ? value : null;
  };
  const code = string("code");
  const message = string("detail") ?? string("title");
  const retryMs = retryAfterMs(response.headers.get("retry-after"), Date.now());
  const options = {
    status: response.status,
    requestId: string("request_id") ?? response.headers.get("x-request-id"),
    field: string("field"),
    retryAfterS: retryMs === null ? null : retryMs / 1000,
  };
  if (code !== null && isErrorCode(code)) return new WaybillError(code, message ?? code, options);
  const { status } = response;
  if (status === 429) return new WaybillError("rate_limited", message ?? "Too many requests.", options);
  if (status === 502 || status === 503 || status === 504) {
    return new WaybillError("unavailable", message ?? `The server is not available (status ${status}).`, options);
  }
  return notOurs(response);
}

function fieldsOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function isErrorCode(code: string): code is Extract<WaybillErrorCode, (typeof ERROR_CODES)[number]> {
  return known.has(code);
}

/** The innermost reason: `fetch` hides it behind "fetch failed". */
function reasonOf(error: unknown): string {
  let reason = "";
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    const code = "code" in at && typeof at.code === "string" ? at.code : "";
    if (at.message !== "" || code !== "") reason = at.message || code;
  }
  return reason;
}
