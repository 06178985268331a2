/** Lines of the log about damage in the store. */
import type { Logger } from "pino";
import { type Damaged, DamagedEnd, LostRows, Rebuilding, Rebuilt } from "../store/damage.ts";

const REFUSED_ALL = "refuses whatever is to be added there, as a page is damaged: start the server anew";
const REFUSED_PLACE =
  "refused what falls on a damaged page, and goes on with all else: the next start of the server makes it whole";

const REBUILT_WITHOUT =
  "rebuilt the database without rows that are lost: restore a backup that has them, or go on, and remove the former database once nobody wants it";

/** Returns a function that logs the damage it is given. */
export function damageTo(log: Pick<Logger, "warn" | "error">): (damage: Damaged) => void {
  return (damage) => {
    if (damage instanceof Rebuilt)
      log.warn({ what: damage.rebuilt }, "rebuilt without loss, as a page of it was damaged: see waybill doctor");
    else if (damage instanceof DamagedEnd)
      log.error({ err: damage }, damage.end === null ? REFUSED_PLACE : REFUSED_ALL);
    else if (damage instanceof Rebuilding)
      log.warn({ err: damage }, "rebuilds the database, as a page is damaged: the server is ready behind that");
    else if (damage instanceof LostRows) log.error({ err: damage }, REBUILT_WITHOUT);
    else log.error({ err: damage }, "left out what cannot be read: see waybill doctor");
  };
}
