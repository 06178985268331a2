/**
 * The rows of a page of at most `limit`, and the place of the next one. Column 0 is the id. The place comes from the columns,
 * so that a list goes on behind a row that cannot be read.
 */
export function pageOf(
  found: { rows: unknown[][]; more: boolean },
  limit: number,
  createdAtColumn: number,
): { rows: unknown[][]; next: { createdAt: number; id: string } | null } {
  const rows = found.rows.slice(0, limit);
  const last = rows.at(-1);
  const more = found.more || found.rows.length > limit;
  return { rows, next: more && last ? { createdAt: Number(last[createdAtColumn]), id: String(last[0]) } : null };
}
