/** The index of the first value that meets `holds`; the length when none does. If one meets it, so must all that follow. */
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
