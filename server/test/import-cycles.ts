/** Files that reach each other by their imports: Tarjan's strongly connected components, those of one file only if it imports itself. */
export function cyclesOf(imports: ReadonlyMap<string, readonly string[]>): string[][] {
  const cycles: string[][] = [];
  const order = new Map<string, number>();
  const stack: string[] = [];
  /** The earliest file still on the stack that this one reaches, by its place in the order of visits. */
  const visit = (file: string): number => {
    const at = order.size;
    order.set(file, at);
    stack.push(file);
    let lowest = at;
    for (const target of imports.get(file) ?? []) {
      const seen = order.get(target);
      if (seen === undefined) lowest = Math.min(lowest, visit(target));
      else if (stack.includes(target)) lowest = Math.min(lowest, seen);
    }
    if (lowest < at) return lowest;
    const cycle = stack.splice(stack.indexOf(file));
    if (cycle.length > 1 || imports.get(file)?.includes(file)) cycles.push(cycle.sort());
    return lowest;
  };
  for (const file of imports.keys()) if (!order.has(file)) visit(file);
  return cycles;
}
