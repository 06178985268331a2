/** What somebody has said, as the end of a sentence of ours: without the full stop that it may have, and that we add. */
export function clauseOf(said: unknown): string {
  return (said instanceof Error ? said.message : String(said)).trimEnd().replace(/[.;:]$/, "");
}
