/**
 * Numbers of the best chunks that have any score, best first; of equals the one whose place in the order is lower. No more
 * are kept at any time than are asked for.
 */
export function bestOf(
  scores: Float32Array,
  limit: number,
  scoreMin: number,
  orderOf: (chunk: number) => number,
): number[] {
  const best: { chunk: number; score: number; order: number }[] = [];
  let least = Math.max(scoreMin, Number.MIN_VALUE);
  for (let chunk = 0; chunk < scores.length; chunk++) {
    const score = scores[chunk] ?? 0;
    if (score < least) continue;
    const own = { chunk, score, order: orderOf(chunk) };
    const last = best.at(-1);
    if (best.length === limit && last && !isBetter(own, last)) continue;
    let low = 0;
    let high = best.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = best[middle];
      if (other && isBetter(own, other)) high = middle;
      else low = middle + 1;
    }
    best.splice(low, 0, own);
    if (best.length > limit) best.pop();
    if (best.length === limit) least = Math.max(least, best.at(-1)?.score ?? 0);
  }
  return best.map((one) => one.chunk);
}

type Placed = { score: number; order: number };

function isBetter(one: Placed, other: Placed): boolean {
  return one.score > other.score || (one.score === other.score && one.order < other.order);
}
