/** `metadata[key]=value`, as OpenAPI's deepObject style writes an object into flat names. */
const DEEP = /^(\w+)\[([^\]]{1,255})\]$/;

/** Whether any name has brackets: few have, and all other queries need no change. */
export function isDeep(query: object): boolean {
  for (const name in query) if (name.includes("[")) return true;
  return false;
}

/** The values of flat names, those with brackets as objects: `{ metadata: { key: "value" } }`. */
export function nested(entries: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  const flat = new Map<string, unknown>();
  const deep = new Map<string, Map<string, unknown>>();
  for (const [name, value] of entries) {
    const [, outer, inner] = DEEP.exec(name) ?? [];
    if (outer === undefined || inner === undefined) flat.set(name, value);
    else deep.set(outer, (deep.get(outer) ?? new Map()).set(inner, value));
  }
  return Object.fromEntries([...flat, ...Array.from(deep, ([name, map]) => [name, Object.fromEntries(map)] as const)]);
}
