/** One call of one operation of the OpenAPI document, typed by it. */
import { type Operations, ROUTES } from "./generated/api.ts";
import type { Call, Query, Transport } from "./transport.ts";

export type OperationName = keyof Operations;

type Given<Name extends string, Value> = undefined extends Value ? { [Key in Name]?: Value } : { [Key in Name]: Value };

/** What an operation is asked with: only the places that it has. */
export type Request<Name extends OperationName> = Given<"params", Operations[Name]["params"]> &
  Given<"query", Operations[Name]["query"]> &
  Given<"body", Operations[Name]["body"]>;

export type Answer<Name extends OperationName> = Operations[Name]["answer"];

/** What every method of the client takes beside its own arguments. */
export type CallOptions = { signal?: AbortSignal | undefined };

export type OperationOptions = CallOptions &
  Pick<Call, "headers" | "idempotencyKey" | "repeatable" | "waitMs" | "bytes">;

/** Asks for one operation of the native API, by its name in the OpenAPI document. */
export function perform<Name extends OperationName>(
  transport: Transport,
  name: Name,
  request: Request<Name>,
  options: OperationOptions = {},
): Promise<Answer<Name>> {
  const { method } = ROUTES[name];
  const {
    params,
    query,
    body,
  }: { params?: Record<string, string> | undefined; query?: Query | undefined; body?: unknown } = request;
  return transport.json<Answer<Name>>({
    ...options,
    method,
    path: pathOf(name, params),
    ...(query && { query }),
    body,
  });
}

/** The operation's path with its parameters in place. */
export function pathOf(name: OperationName, params: Record<string, string> = {}): string {
  return ROUTES[name].path.replaceAll(/\{(\w+)\}/g, (_, param: string) => encodeURIComponent(params[param] ?? ""));
}
