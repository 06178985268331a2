/** A turn of the event loop for a piece of one long value, shared by all APIs of this process. */
import { ownTurns } from "../../task/json/own-turns.ts";

export const ownTurn = ownTurns(setImmediate);
