/** A request for lenses and for shares: one of the HTTP framework's, or one that is answered before it. */
import type { FastifyRequest } from "fastify";

export type Incoming = Pick<
  FastifyRequest,
  | "id"
  | "method"
  | "url"
  | "headers"
  | "query"
  | "params"
  | "body"
  | "raw"
  | "socket"
  | "ip"
  | "host"
  | "protocol"
  | "startedAt"
  | "held"
  | "principal"
  | "counted"
  | "bodyBytes"
  | "keyEnd"
>;

/** With a route: the parameters of its path are text. */
export type RoutedRequest = Incoming & { params: Record<string, string> };
