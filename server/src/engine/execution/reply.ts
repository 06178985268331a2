/** What a completion adds to its conversation: the parts that the kind makes of the output. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { z } from "zod";
import type { Handler } from "../../task/handler.ts";
import type { Json } from "../../task/json/json.ts";
import { isLongJson } from "../../task/json/json-pieces.ts";
import { NotMade, tellInTurns } from "../../task/json/json-text.ts";
import { type Part, part } from "../../task/part.ts";
import { failureOf } from "./failure.ts";
import { BadValue, fit, jsonAtOnce, jsonInTurns, ownCopy } from "./handed-over.ts";

const parts = z.array(part);
/** To make a text of one of these takes some milliseconds. */
const LONG_CHARACTERS = 1 << 20;

/** Of a long output in several turns. Throws `BadValue`. */
export function replyOf({ kind, reply }: Handler, output: Json): Part[] | Promise<Part[]> | undefined {
  if (!reply) return undefined;
  const what = `The reply of kind "${kind}"`;
  const said = (own: Json) => {
    try {
      return reply(own);
    } catch (error) {
      if (error instanceof NotMade) throw error;
      throw new BadValue(`${what} threw: ${failureOf(error).message}`);
    }
  };
  const inTurns = async (own: Json) => partsOf(what, await tellInTurns(() => said(own), nextTurn));
  const own = ownCopy(output);
  if (own instanceof Promise) return own.then(inTurns);
  return isLongJson(own, LONG_CHARACTERS) ? inTurns(own) : partsOf(what, said(own));
}

function partsOf(what: string, said: unknown): Part[] | Promise<Part[]> {
  const short = jsonAtOnce(what, said);
  return short ? fit(what, parts, short.json) : jsonInTurns(what, said).then((json) => fit(what, parts, json));
}
