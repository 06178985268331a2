/** A turn of the event loop for a piece of one long value, of all that the APIs of this process show. */
import { ownTurns } from "../../task/json/own-turns.ts";

export const ownTurn = ownTurns(setImmediate);
