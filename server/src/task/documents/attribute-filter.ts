/** A search's conditions on a member's attributes. A missing key fits `ne` and `nin` alone. */
export type AttributeFilter =
  | {
      type: "eq" | "ne" | "gt" | "gte" | "lt" | "lte";
      key: string;
      value: string | number | boolean;
    }
  | { type: "in" | "nin"; key: string; value: readonly (string | number | boolean)[] }
  | { type: "and" | "or"; filters: readonly AttributeFilter[] };
