/** Bullets that are drawn and not written, as browsers do: small boxes before the first letter of a line. */
import type { Area } from "./glyph.ts";
import type { Run } from "./run.ts";

/** Of the size of the text, for its width and its height. */
const SIDE_MIN = 0.15;
const SIDE_MAX = 0.7;
/** Of its longer side: a disc, a ring or a square is about as high as it is wide. */
const SKEW_MAX = 0.25;
/** Of the size of the text: how far its middle lies above the baseline. */
const RISE_MIN = 0.1;
const RISE_MAX = 0.6;
/** Of the size of the text: how far it stands before the line. */
const BEFORE_MIN = 0.15;
const BEFORE_MAX = 2.5;

/** The runs, with a bullet for each box that is one. */
export function withBullets(runs: readonly Run[], areas: readonly Area[]): Run[] {
  const bullets: Run[] = [];
  for (const area of areas.filter(isSmall)) {
    const item = runs.find((run) => isBefore(area, run));
    if (!item || runs.some((run) => run !== item && isBetween(run, area, item))) continue;
    const { y, size } = item;
    if (bullets.some((bullet) => bullet.y === y && Math.abs(bullet.left - area.left) < size)) continue;
    bullets.push({ text: "•", left: area.left, right: area.right, y, size, bold: item.bold, hyphenated: false });
  }
  return [...runs, ...bullets];
}

function isSmall({ left, right, top, bottom }: Area): boolean {
  const side = Math.max(right - left, bottom - top);
  return side > 0 && side < 20 && Math.abs(right - left - (bottom - top)) <= SKEW_MAX * side;
}

/** On either side: some scripts run to the left. */
function isBefore({ left, right, top, bottom }: Area, run: Run): boolean {
  const { size, y } = run;
  const rise = y - (top + bottom) / 2;
  if (right - left < SIDE_MIN * size || right - left > SIDE_MAX * size) return false;
  if (rise < RISE_MIN * size || rise > RISE_MAX * size) return false;
  const distance = Math.max(run.left - right, left - run.right);
  return distance >= BEFORE_MIN * size && distance <= BEFORE_MAX * size;
}

/** Or on the other side of the box, on the same line. */
function isBetween(run: Run, area: Area, item: Run): boolean {
  if (Math.abs(run.y - item.y) > item.size / 2) return false;
  const isAfter = item.left >= area.right;
  return isAfter ? run.left < item.left : run.right > item.right;
}
