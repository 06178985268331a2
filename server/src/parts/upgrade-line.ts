/** The line of the log before an upgrade reads a large database. */
import type { Logger } from "pino";

export function upgradeTo(log: Pick<Logger, "info">): (from: number, to: number) => void {
  return (from, to) =>
    log.info(
      { from, to },
      "brings the database up to date, which may read all of it once: the server is ready behind that",
    );
}
