/**
 * Numbers of the best chunks that have any score, best first; of equals the one that `comesFirst`. No more are kept at any
 * time than are asked for.
 */
export function bestOf(
  scores: Float32Array,
  limit: number,
  scoreMin: number,
  comesFirst: (one: number, other: number) => boolean,
): number[] {
  const best: number[] = [];
  let least = Math.max(scoreMin, Number.MIN_VALUE);
  const isWorse = (other: number, chunk: number, score: number) => {
    const own = scores[other] ?? 0;
    return own < score || (own === score && comesFirst(chunk, other));
  };
  for (let chunk = 0; chunk < scores.length; chunk++) {
    const score = scores[chunk] ?? 0;
    if (score < least) continue;
    const last = best.at(-1);
    if (best.length === limit && last !== undefined && !isWorse(last, chunk, score)) continue;
    const worse = best.findIndex((other) => isWorse(other, chunk, score));
    best.splice(worse === -1 ? best.length : worse, 0, chunk);
    if (best.length > limit) best.pop();
    if (best.length === limit) least = Math.max(least, scores[best.at(-1) ?? 0] ?? 0);
  }
  return best;
}
