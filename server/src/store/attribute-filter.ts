/** Whether the attributes of a member meet a search's conditions. */
import type { AttributeFilter } from "./chunk-store.ts";

type Value = string | number | boolean;

/** A missing key fits `ne` and `nin` alone; values of different types are unequal, and none is greater. */
export function fits(filter: AttributeFilter, attributes: Readonly<Record<string, Value>>): boolean {
  if ("filters" in filter) {
    const each = (inner: AttributeFilter) => fits(inner, attributes);
    return filter.type === "and" ? filter.filters.every(each) : filter.filters.some(each);
  }
  const own = Object.hasOwn(attributes, filter.key) ? attributes[filter.key] : undefined;
  switch (filter.type) {
    case "in":
      return own !== undefined && filter.value.includes(own);
    case "nin":
      return own === undefined || !filter.value.includes(own);
    case "eq":
      return own === filter.value;
    case "ne":
      return own !== filter.value;
    default:
      return own !== undefined && isOrdered(filter.type, own, filter.value);
  }
}

function isOrdered(type: "gt" | "gte" | "lt" | "lte", own: Value, value: Value): boolean {
  if (typeof own !== typeof value || typeof own === "boolean") return false;
  if (type === "gt") return own > value;
  if (type === "gte") return own >= value;
  return type === "lt" ? own < value : own <= value;
}
