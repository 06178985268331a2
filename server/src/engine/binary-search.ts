/** The index of the first value for which `holds`, which then holds for all behind it; the length when there is none. */
export function firstWhere<Value>(values: readonly Value[], holds: (value: Value) => boolean): number {
  let from = 0;
  let to = values.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    const value = values[middle];
    if (value !== undefined && holds(value)) to = middle;
    else from = middle + 1;
  }
  return from;
}
