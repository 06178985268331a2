/** Refusals as FastAPI says them: a `detail` that is a sentence, or the list of what does not fit. */
import { type ErrorCode, Refusal, type RefusalDetail } from "../../task/errors.ts";
import { type ErrorAnswer, HTTP_STATUS, type RenderError } from "../error-answer.ts";
import type { Unrouted } from "../lens.ts";
import { JSON_TYPE } from "../route.ts";
import { Unprocessable, valueError } from "./invalid-request.ts";
import { runIdOf } from "./names.ts";

/** What callers without a key that is accepted are told with: the protocol's servers have done both. */
export type Strangers = 401 | 403;

export const STATUS: Readonly<Record<ErrorCode, number>> = { ...HTTP_STATUS, invalid: 422 };

export function renderErrorTo(strangers: Strangers): RenderError {
  return (refusal, { unread, sent }) => {
    const { code, message, detail } = refusal;
    if (refusal instanceof Unprocessable) return said(422, refusal.errors);
    switch (code) {
      case "internal":
        return { status: 500, headers: { "content-type": "text/plain; charset=utf-8" }, body: "Internal Server Error" };
      case "unauthenticated": {
        const why = detail.hasKey ? "Invalid authentication credentials" : "Not authenticated";
        return said(strangers, why, strangers === 401 ? { "www-authenticate": "Bearer" } : {});
      }
      case "invalid":
        return unread ? unreadable(refusal) : said(422, [valueError(refusal, sent)]);
      default:
        return said(STATUS[code], byRun(message, detail.task), retryAfter(detail));
    }
  };
}

/** Callers know the task of a sentence as a run. */
function byRun(message: string, task: string | undefined): string {
  return task === undefined ? message : message.replace(`task ${task}`, `run ${runIdOf({ id: task })}`);
}

function retryAfter({ retryAfterS }: RefusalDetail): Record<string, string> {
  return retryAfterS === undefined ? {} : { "retry-after": String(Math.ceil(retryAfterS)) };
}

export function renderUnrouted({ allowed }: Unrouted): ErrorAnswer {
  if (allowed.length === 0) return said(404, "Not Found");
  return said(405, "Method Not Allowed", { allow: allowed.join(", ") });
}

/** What `found` finds; where there is none, or it is not the caller's, `not_found` with the noun of this wire. */
export async function foundAs<Value>(noun: string, found: Promise<Value>): Promise<Value> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof Refusal && error.code === "not_found") throw new Refusal("not_found", `${noun} not found`);
    throw error;
  }
}

/** What is `invalid` in words of ours, with the field as this wire calls it. */
export function onWire({ message, detail: { field = "" } }: Refusal, nameOf: (field: string) => string): Refusal {
  const said = field !== "" && message.startsWith(`${field}: `) ? message.slice(field.length + 2) : message;
  const name = nameOf(field);
  return new Refusal("invalid", said, name === "" ? {} : { field: name });
}

/** A body that is no JSON is a fault of the request; what cannot be read at all is not looked into. */
function unreadable({ detail: { json } }: Refusal): ErrorAnswer {
  if (json === undefined) return said(400, "There was an error parsing the body");
  const { at, says } = json;
  const ctx = { error: says };
  return said(422, [{ type: "json_invalid", loc: ["body", at], msg: "JSON decode error", input: {}, ctx }]);
}

function said(status: number, detail: unknown, headers: Record<string, string> = {}): ErrorAnswer {
  return { status, headers: { ...headers, "content-type": JSON_TYPE }, body: JSON.stringify({ detail }) };
}
