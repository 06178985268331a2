/** Answers what the HTTP parser refuses, and `CONNECT`: the framework sees neither. */
import type { Duplex } from "node:stream";
import type { ErrorCode } from "../../task/errors.ts";
import { PROBLEM_TYPE, problemJson } from "../problem.ts";

type Answer = { status: number; reason: string; code: ErrorCode; detail: string; headers?: string };

/** A well-formed request line, whose method is unknown here. */
const REQUEST_LINE = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64} [^\s]{1,8192} HTTP\/1\.[01]\r?\n/;

/** Time for its answer to arrive. */
const HALF_OPEN_MS = 1_000;

const NO_TUNNEL: Answer = {
  ...{ status: 405, reason: "Method Not Allowed", code: "not_found" },
  detail: "This server is no proxy.",
  headers: "allow: GET, HEAD, POST, PUT, PATCH, DELETE\r\n",
};

export function answerNoRequest(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || error.code === "ECONNRESET") socket.destroy();
  else end(socket, answerTo(error));
}

export function answerConnect(socket: Duplex): void {
  // A connection that breaks off needs no answer.
  socket.on("error", () => socket.destroy());
  end(socket, NO_TUNNEL);
}

function answerTo(error: NodeJS.ErrnoException): Answer {
  const code: ErrorCode = "invalid";
  if (error.code === "HPE_HEADER_OVERFLOW") {
    const reason = "Request Header Fields Too Large";
    return { status: 431, reason, code: "too_large", detail: "The request's head is too long." };
  }
  if (error.code === "ERR_HTTP_REQUEST_TIMEOUT")
    return { status: 408, reason: "Request Timeout", code, detail: "The request did not arrive in time." };
  if (error.code === "HPE_INVALID_METHOD" && isRequestLine(error))
    return {
      status: 501,
      reason: "Not Implemented",
      code,
      detail: "There is no such method; methods are in capitals.",
    };
  return { status: 400, reason: "Bad Request", code, detail: "This is not an HTTP request." };
}

function isRequestLine(error: NodeJS.ErrnoException): boolean {
  return (
    "rawPacket" in error && Buffer.isBuffer(error.rawPacket) && REQUEST_LINE.test(error.rawPacket.toString("latin1"))
  );
}

function end(socket: Duplex, { status, reason, code, detail, headers = "" }: Answer): void {
  const body = problemJson(status, code, detail, "");
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\nconnection: close\r\n${headers}content-type: ${PROBLEM_TYPE}\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  // Cut at once, the connection might lose its answer; without a limit, a client that never closes its half would hold up the server's
  // end.
  const cut = setTimeout(() => socket.destroy(), HALF_OPEN_MS);
  socket.once("close", () => clearTimeout(cut)).resume();
}
