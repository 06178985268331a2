/** The query's values that are texts; of one that is given several times, the first. */
export function stringsOf(query: unknown): Record<string, string> {
  if (typeof query !== "object" || query === null) return {};
  const values = Object.entries(query).map(([key, value]) => [key, Array.isArray(value) ? value[0] : value]);
  return Object.fromEntries(values.filter(([, value]) => typeof value === "string"));
}
