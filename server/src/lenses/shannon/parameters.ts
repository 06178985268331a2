/** Parameters that several routes of this wire take, and the headers of an answer that was given before. */
import type { IncomingHttpHeaders } from "node:http";
import { z } from "zod";
import { firstParam, type WholeBounds, wholeParam, wholeWire } from "../paging.ts";
import type { PathParam } from "../route.ts";
import { WIRE_ID } from "./vocabulary.ts";

const OFFSET_MAX = 10_000_000;

export const taskParams: { id: PathParam } = {
  id: {
    about: "The task's id, which is its workflow's too",
    is: (text) => WIRE_ID.test(text),
    otherwise: "Invalid task ID format",
  },
};

type Limits = { limit: number; limitMax: number };

const limits = ({ limit, limitMax }: Limits): WholeBounds => ({ min: 1, max: limitMax, usual: limit });
const offsets: WholeBounds = { min: 0, max: OFFSET_MAX, usual: 0 };

/** `limit` and `offset` of a list, each refused where it is out of range or no number. */
export function paging(of: Limits) {
  return {
    limit: firstParam(wholeParam(limits(of)), wholeWire(limits(of))),
    offset: firstParam(wholeParam(offsets), wholeWire(offsets)),
  };
}

/** For the one list that takes what it cannot read for the default. */
export function lenientPaging(of: Limits) {
  return {
    limit: firstParam(wholeParam(limits(of)).catch(of.limit), wholeWire(limits(of))),
    offset: firstParam(wholeParam(offsets).catch(0), wholeWire(offsets)),
  };
}

export function textParam(about: string) {
  return firstParam(z.string().optional(), { type: "string" }).describe(about);
}

/** What an answer carries that repeats what an Idempotency-Key did before. */
export function replayHeaders(headers: IncomingHttpHeaders, replayed: boolean): Record<string, string> {
  if (!replayed) return {};
  return { "x-idempotency-cached": "true", "x-idempotency-key": String(headers["idempotency-key"]) };
}
