/** The store of a server: opened, and the messages about one that cannot be opened, read or written any more. */

import type { Logger } from "pino";
import type { Config } from "../config.ts";
import type { CrashRecordFile } from "../engine/embedded/crash/crash-record-file.ts";
import type { ServerMetrics } from "../metrics/server-metrics.ts";
import { type Damaged, DamagedEnd } from "../store/damage.ts";
import { openStore } from "../store/open.ts";
import type { SlowStoreCall } from "../store/storage.ts";
import type { Store } from "../store/store.ts";
import { Refusal } from "../task/errors.ts";
import { clauseOf } from "../task/text/clause.ts";
import { damageTo } from "./damage-lines.ts";
import { slowCallsTo } from "./slow-calls.ts";
import { StartError } from "./start-error.ts";
import { upgradeTo } from "./upgrade-line.ts";

/** `damagedEnds`: the ends of tables to which nothing can be added, as a page is damaged. */
export async function storeOf(
  config: Config,
  record: CrashRecordFile,
  log: Logger,
  metrics: Pick<ServerMetrics, "written" | "slowCall">,
): Promise<{ store: Store; damagedEnds: readonly string[] }> {
  const onFatal = (error: Error) => {
    // Nothing can be written any more. All that was acknowledged is on disk, and the next start goes on from there.
    record.ends("outside", "The store has died.");
    log.fatal({ err: error }, "the store has died");
    process.exit(1);
  };
  const tell = damageTo(log);
  const damagedEnds: string[] = [];
  const onDamage = (damage: Damaged) => {
    if (damage instanceof DamagedEnd && damage.end !== null) damagedEnds.push(damage.end);
    tell(damage);
  };
  const say = slowCallsTo(log);
  const onSlow = (call: SlowStoreCall) => {
    metrics.slowCall(call);
    say(call);
  };
  try {
    const onLogGrows = (error: unknown) =>
      log.warn({ err: error }, "the database's log grows, as it cannot be written back");
    const store = await openStore(config, {
      onFatal,
      onDamage,
      onUpgrade: upgradeTo(log),
      onWritten: metrics.written,
      onSlow,
      onLogGrows,
    });
    return { store, damagedEnds };
  } catch (error) {
    if (error instanceof Refusal) throw new StartError(error.message);
    throw new StartError(`The data folder ${config.data} cannot be opened: ${clauseOf(error)}.`);
  }
}

/** The server answers, but cannot work, when its store cannot be read. */
export async function issuesOf(store: Store): Promise<string[]> {
  try {
    await store.keys.hasAny();
    return [];
  } catch (error) {
    return [error instanceof Refusal ? error.message : "The database cannot be read."];
  }
}

export async function refuseWithoutKeys({ mode, data }: Config, store: Store): Promise<void> {
  if (mode !== "serve" || (await store.keys.hasAny())) return;
  throw new StartError(
    `There is no API key in ${data}, and waybill serve answers nobody without one. Make one: waybill keys create --data ${data}`,
  );
}
