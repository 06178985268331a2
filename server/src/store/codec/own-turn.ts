/** A turn of the event loop for a piece of one long value, of all that this process writes and reads. */
import { ownTurns } from "../../task/json/own-turns.ts";

export const ownTurn = ownTurns(setImmediate);
