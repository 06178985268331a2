/** What a completion adds to its conversation: the parts that the kind makes of the output. */
import { z } from "zod";
import type { Handler } from "../../task/handler.ts";
import type { Json } from "../../task/json/json.ts";
import { type Part, part } from "../../task/part.ts";
import { failureOf } from "./failure.ts";
import { BadValue, fit, jsonAtOnce, jsonInTurns, ownCopy } from "./handed-over.ts";

const parts = z.array(part);

/** Of a long output in several turns. Throws `BadValue`. */
export function replyOf({ kind, reply }: Handler, output: Json): Part[] | Promise<Part[]> | undefined {
  if (!reply) return undefined;
  const what = `The reply of kind "${kind}"`;
  const said = (own: Json) => {
    try {
      return reply(own);
    } catch (error) {
      throw new BadValue(`${what} threw: ${failureOf(error).message}`);
    }
  };
  const own = ownCopy(output);
  return own instanceof Promise ? own.then((long) => partsOf(what, said(long))) : partsOf(what, said(own));
}

function partsOf(what: string, said: unknown): Part[] | Promise<Part[]> {
  const short = jsonAtOnce(what, said);
  return short ? fit(what, parts, short.json) : jsonInTurns(what, said).then((json) => fit(what, parts, json));
}
