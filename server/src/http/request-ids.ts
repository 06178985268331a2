/** The id of a request, in its answer and in the log. */
import { randomBytes } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

const REQUEST_ID = /^[\w.:/+=@-]{1,128}$/;

export type RequestIds = (raw: { headers: IncomingHttpHeaders }) => string;

/** The client's own `X-Request-ID` if it is well-formed, else an id that is unique over restarts. */
export function requestIds(): RequestIds {
  const start = randomBytes(6).toString("base64url");
  let count = 0;
  return ({ headers }) => {
    const own = headers["x-request-id"];
    if (typeof own === "string" && REQUEST_ID.test(own)) return own;
    count += 1;
    return `${start}-${count.toString(36)}`;
  };
}
