/** The two ways in which this wire writes a moment, both in UTC. */

/** In the A2A shape. */
export function utcTime(ms: number): string {
  return new Date(ms).toISOString();
}

/** In the worklist: `2026-05-04 10:12:00`. */
export function worklistTime(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace("T", " ");
}
