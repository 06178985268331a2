/**
 * Styles for items of lists that word processors bring along (List Bullet 2, Numbering 3): each has a list of its own with
 * one level, and is shown deeper by its name alone.
 */
const DEEPER = /^(?:list|numbering)(?: (?:bullet|number|continue))? ([2-5])\b/i;

/** From 0, by the first of these names that says it. */
export function depthOfStyle(names: readonly string[]): number {
  for (const name of names) {
    const level = DEEPER.exec(name)?.[1];
    if (level !== undefined) return Number(level) - 1;
  }
  return 0;
}
