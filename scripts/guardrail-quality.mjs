// How well the offline detectors find what they look for: precision, recall and F1 for each kind of entity and each set.
//
//   node scripts/guardrail-quality.mjs [pii|hap|social-bias] [--misses]
//
// Sentences count at a threshold of 0.5. An entity counts as found when more than half of it is, under its own name.
import { readFileSync } from "node:fs";
import { detectionsIn } from "../server/src/guardrails/offline/detections.ts";
import { segmentsOf } from "../server/src/guardrails/segments.ts";

const THRESHOLD = 0.5;
const misses = process.argv.includes("--misses");
const asked = process.argv.slice(2).find((word) => !word.startsWith("--"));
const sets = new URL("../server/test/guardrails/sets/", import.meta.url);
const rowsOf = (file) =>
  readFileSync(new URL(file, sets), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split("\t"));

console.log(`${"set".padEnd(28)} ${"what".padEnd(30)} found  missed  wrong  precision  recall     F1`);
for (const [name, kind] of [
  ["hap", "hap"],
  ["social-bias", "socialBias"],
]) {
  if (asked && asked !== name) continue;
  for (const part of ["train", "test", "other", "unseen"]) {
    const counts = { found: 0, missed: 0, wrong: 0 };
    for (const [label, text] of rowsOf(`${name}.${part}.tsv`)) {
      const score = Math.max(0, ...detectionsOf(kind, text).map((each) => each.score));
      const says = score >= THRESHOLD;
      if (says && label === "yes") counts.found++;
      else if (says) counts.wrong++;
      else if (label === "yes") counts.missed++;
      if (misses && !["train", "unseen"].includes(part) && says !== (label === "yes"))
        console.log(`  ${label} ${score.toFixed(2)} ${text}`);
    }
    print(`${name}, ${part}`, "sentences", counts);
  }
}

function detectionsOf(kind, text) {
  let at = 0;
  return segmentsOf(text).flatMap((segment) => {
    const found = detectionsIn(kind, segment).map((each) => ({ ...each, start: each.start + at, end: each.end + at }));
    at += segment.text.length;
    return found;
  });
}

function print(set, what, { found, missed, wrong }) {
  const precision = found + wrong === 0 ? 1 : found / (found + wrong);
  const recall = found + missed === 0 ? 1 : found / (found + missed);
  const f1 = precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
  const [p, r, f] = [precision, recall, f1].map((value) => value.toFixed(3));
  console.log(
    `${set.padEnd(28)} ${what.padEnd(30)} ${String(found).padStart(5)}  ${String(missed).padStart(6)}  ${String(wrong).padStart(5)}  ${p.padStart(9)}  ${r.padStart(6)}  ${f.padStart(5)}`,
  );
}
