/** Runs erasures in this process. */
import type { Logger } from "pino";
import type { Clock } from "../engine/clock.ts";
import type { Engine } from "../engine/engine.ts";
import type { Store } from "../store/store.ts";
import { Erasing } from "../verbs/implementation/erasing.ts";
import { LEASE_HOLDER } from "./lease-holder.ts";

export function erasingOver(
  { store, engine, clock }: { store: Store; engine: Engine; clock: Clock },
  log: Logger,
): Erasing {
  const warn = (error: unknown) => log.warn({ err: error }, "an erasure could not go on; it is tried again");
  return new Erasing({ store, engine, clock, holder: LEASE_HOLDER, warn });
}
