/** Lines of the log about damage in the store. */
import type { Logger } from "pino";
import { type Damaged, DamagedEnd, Rebuilt } from "../store/damage.ts";

const REFUSED_ALL = "refuses whatever is to be added there, as a page is damaged: start the server anew";
const REFUSED_PLACE =
  "refused what falls on a damaged page, and goes on with all else: the next start of the server makes it whole";

/** Returns a function that logs the damage it is given. */
export function damageTo(log: Pick<Logger, "warn" | "error">): (damage: Damaged) => void {
  return (damage) => {
    if (damage instanceof Rebuilt)
      log.warn({ what: damage.rebuilt }, "rebuilt from the rows, as a page of it was damaged: see waybill doctor");
    else if (damage instanceof DamagedEnd)
      log.error({ err: damage }, damage.end === null ? REFUSED_PLACE : REFUSED_ALL);
    else log.error({ err: damage }, "left out what cannot be read: see waybill doctor");
  };
}
