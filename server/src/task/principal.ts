/** Who calls. Every read and write is bound to one. */

import { Refusal } from "./errors.ts";
import type { Origin } from "./origin.ts";
import type { Trace } from "./trace.ts";

/**
 * `tasks` reads and steers one's own tasks; `tasks:all` those of the whole tenant; `work` claims external tasks of the
 * tenant; `admin` manages keys and reads the audit log of the tenant; `metrics` reads what the whole server tells
 * Prometheus.
 */
export const SCOPES = ["tasks", "tasks:all", "work", "admin", "metrics"] as const;
export type Scope = (typeof SCOPES)[number];
/** What a key of the command line has by itself: the whole server is shown to nobody who was not meant to see it. */
export const USUAL_SCOPES: readonly Scope[] = SCOPES.filter((scope) => scope !== "metrics");

export type Principal = {
  tenant: string;
  user: string;
  scopes: ReadonlySet<Scope>;
  /** What the user belongs to and has: whose work that is too. None when absent. */
  groups?: readonly string[];
  roles?: readonly string[];
  /** Of its key: how large its share is. */
  tier?: string;
  /** The language models that its key may ask; any when absent. */
  models?: readonly string[];
  /** The trace that its call is part of, and with it what it begins. */
  trace?: Trace;
  /** Where its call came from, of a call that may change something. */
  origin?: Origin;
  /** The keys above its key, from the top, where it was made as the child of another. */
  above?: readonly string[];
  /** It came with a secret that another one has replaced, and which ends soon: it makes no keys. */
  isFormer?: true;
  /** The id of the key that it came with: rate limits and the audit log name it. */
  keyId: string;
};

/** Throws `forbidden` when the principal has not got the scope. Who may know the tasks of all may know its own. */
export function mustHave({ scopes }: Principal, scope: Scope): void {
  if (scopes.has(scope) || (scope === "tasks" && scopes.has("tasks:all"))) return;
  throw new Refusal("forbidden", `This needs a key with the scope ${scope}.`);
}
