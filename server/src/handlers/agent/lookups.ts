/**
 * Agents' questions to the server that has begun their task. Suspects run in a process of their own, which has no store: there each
 * question is sent to the server by its name.
 */
import type { Citation } from "../../task/agent/agent.ts";
import type { Trace } from "../../task/trace.ts";
import type { CountedCall } from "../../task/usage.ts";
import type { AgentDirectory } from "./directory.ts";
import type { DocumentSearch } from "./tools/search-documents.ts";

export type Lookups = { documents: DocumentSearch; directory: AgentDirectory };

/** The result of a search, and its cost: of a failed one too, with the message of its error. */
type FoundAtCost = { paid: readonly CountedCall[] } & ({ found: Citation[] } | { failed: string });

type Ask = <Result>(name: string, given: readonly unknown[]) => Promise<Result>;

/** The server's side: arguments are by position, as sent. A search whose asker is gone goes on to its own bound. */
export function answering({
  documents,
  directory,
}: Lookups): (name: string, given: readonly unknown[]) => Promise<unknown> {
  const never = new AbortController().signal;
  return async (name, given) => {
    switch (name) {
      case "documents.any":
        return Reflect.apply(documents.any, documents, given);
      case "documents.find":
        return atCost((onPaid) => Reflect.apply(documents.find, documents, [...given, never, onPaid]));
      case "directory.find":
        return Reflect.apply(directory.find, directory, given);
      default:
        throw new Error(`Agents ask no ${name}.`);
    }
  };
}

async function atCost(find: (onPaid: (call: CountedCall) => void) => Promise<Citation[]>): Promise<FoundAtCost> {
  const paid: CountedCall[] = [];
  try {
    return { found: await find((call) => paid.push(call)), paid };
  } catch (error) {
    if (paid.length === 0) throw error;
    return { failed: error instanceof Error ? error.message : String(error), paid };
  }
}

/**
 * The process's side: a caller who stops waiting is told at once, and of payments when they are known. The server's work for it is a
 * part of `place`, the trace and span of the asking code.
 */
export function asking(ask: Ask, place: () => Trace | null = () => null): Lookups {
  return {
    documents: {
      any: ({ tenant, user }) => ask("documents.any", [{ tenant, user }]),
      find: ({ tenant, user, tier = null }, question, signal, onPaid) => {
        const asked = ask<FoundAtCost>("documents.find", [{ tenant, user, tier, trace: place() }, question]).then(
          (outcome) => {
            for (const call of outcome.paid) onPaid(call);
            if ("failed" in outcome) throw new Error(outcome.failed);
            return outcome.found;
          },
        );
        return unlessAborted(asked, signal);
      },
    },
    directory: {
      find: ({ tenant, user }, idOrSlug) => ask("directory.find", [{ tenant, user }, idOrSlug]),
    },
  };
}

async function unlessAborted<Result>(asked: Promise<Result>, signal: AbortSignal): Promise<Result> {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const leave = () => reject(signal.reason);
  signal.addEventListener("abort", leave, { once: true });
  try {
    return await Promise.race([asked, aborted]);
  } finally {
    signal.removeEventListener("abort", leave);
  }
}
