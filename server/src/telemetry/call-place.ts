/** Where a request to a model belongs: to the step or the task whose code makes it, else to the request that it is made for. */
import { AsyncLocalStorage } from "node:async_hooks";
import { randomBytes } from "node:crypto";
import { currentTrace } from "../engine/execution/current-place.ts";
import type { TaskId } from "../task/id.ts";
import type { Principal } from "../task/principal.ts";
import { parentSpanOf, spanIdOf, type Trace } from "../task/trace.ts";
import { stepSpanId } from "./task-span.ts";
import type { Tracing } from "./tracing.ts";

/** `span` is what it is a part of. */
export type CallPlace = { trace: Trace; span: string; task: TaskId | null };

const requests = new AsyncLocalStorage<CallPlace>();

/** Null where it is no part of any trace. */
export function callPlace(tracing: Tracing | null): CallPlace | null {
  const place = currentTrace();
  if (place === null) return requests.getStore() ?? null;
  const { task, attempt } = place;
  if (tracing === null) {
    const span = parentSpanOf({ id: task, trace: place.trace });
    return place.trace && span !== null ? { trace: place.trace, span, task } : null;
  }
  const trace = place.trace?.own ? place.trace : tracing.begins(place.trace, task);
  return { trace, span: attempt === null ? spanIdOf(task) : stepSpanId(attempt), task };
}

/** Does what pays models for a request. With tracing it is a span of its caller's trace, whose parts the calls of models are. */
export type RequestTracing = <Result>(
  name: string,
  principal: Principal,
  work: () => Promise<Result>,
) => Promise<Result>;

export function requestTracing(tracing: Tracing | null): RequestTracing {
  return (name, principal, work) => {
    // What a task asks for is its own.
    if (currentTrace() !== null) return work();
    const given = principal.trace ?? null;
    if (tracing !== null) return told(tracing, name, principal, work);
    return given?.parent ? requests.run({ trace: given, span: given.parent, task: null }, work) : work();
  };
}

async function told<Result>(
  tracing: Tracing,
  name: string,
  { tenant, user, trace: given = null }: Pick<Principal, "tenant" | "user"> & { trace?: Trace | null },
  work: () => Promise<Result>,
): Promise<Result> {
  const trace = tracing.beginsRequest(given);
  const id = randomBytes(8).toString("hex");
  const startMs = tracing.now();
  const begun = performance.now();
  const end = (error: { type: string; message: string } | null) => {
    if (!trace.sampled) return;
    tracing.sink.span({
      ...{ name: `request ${name}`, kind: "server", trace: trace.id, id, parent: trace.parent, state: trace.state },
      remoteParent: trace.parent !== null,
      ...{ startMs, endMs: startMs + performance.now() - begun },
      attributes: { "waybill.tenant": tenant, "user.id": user },
      error,
    });
  };
  try {
    const result = await requests.run({ trace, span: id, task: null }, work);
    end(null);
    return result;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "failed";
    end({ type: code, message: error instanceof Error ? error.message : String(error) });
    throw error;
  }
}
