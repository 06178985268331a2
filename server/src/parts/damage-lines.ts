/** Lines of the log about damage in the store. */
import type { Logger } from "pino";
import { type Damaged, DamagedEnd, Rebuilt } from "../store/damage.ts";

/** Returns a function that logs the damage it is given. */
export function damageTo(log: Pick<Logger, "warn" | "error">): (damage: Damaged) => void {
  return (damage) => {
    if (damage instanceof Rebuilt)
      log.warn({ what: damage.rebuilt }, "rebuilt from the rows, as a page of it was damaged: see waybill doctor");
    else if (damage instanceof DamagedEnd)
      log.error({ err: damage }, "refused what was to be added to a damaged page: start the server anew");
    else log.error({ err: damage }, "left out what cannot be read: see waybill doctor");
  };
}
