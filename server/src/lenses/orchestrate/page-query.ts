/** Which part of a list is asked for. */
import { param, whole } from "./pydantic.ts";

/** More than `max` at once is no fault, and gives `max`; so is an offset that no list reaches. */
export function pageQuery({ usual, max }: { usual: number; max: number }) {
  return {
    limit: param(whole({ ge: 1 }), usual).transform((limit) => Math.min(limit, max)),
    offset: param(whole({ ge: 0 }), 0).transform((offset) => Math.min(offset, Number.MAX_SAFE_INTEGER)),
  };
}
