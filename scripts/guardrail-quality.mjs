// How well the offline detectors find what they look for: precision, recall and F1 for each kind of entity and each set.
//
//   node scripts/guardrail-quality.mjs [pii|hap|social-bias] [--misses]
//
// Sentences count at a threshold of 0.5. An entity counts as found when more than half of it is, under its own name.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { detectionsIn } from "../server/src/guardrails/offline/detections.ts";
import { segmentsOf } from "../server/src/guardrails/segments.ts";

const THRESHOLD = 0.5;
/** Nobody reads what of these was missed: what is tuned on a set is not measured by it. */
const SEALED = /^(?:unseen|heldout)/;
const LANGUAGES = ["", "-de", "-fr", "-es", "-it", "-pt"];
const PARTS = ["train", "test", "other", "unseen", "heldout", "heldout-disguised", "heldout-context"];
const GROUPS = {
  "with check digits": /^(?:NationalId|CardNumber|IBAN)/,
  "e-mail and phone": /^(?:EmailAddress|PhoneNumber)$/,
  "names and places": /^(?:Person|Location|Address)$/,
};
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
  for (const part of PARTS.flatMap((part) => LANGUAGES.map((language) => part + language))) {
    if (!existsSync(new URL(`${name}.${part}.tsv`, sets))) continue;
    const counts = { found: 0, missed: 0, wrong: 0 };
    for (const [label, text] of rowsOf(`${name}.${part}.tsv`)) {
      const score = Math.max(0, ...detectionsOf(kind, text).map((each) => each.score));
      const says = score >= THRESHOLD;
      if (says && label === "yes") counts.found++;
      else if (says) counts.wrong++;
      else if (label === "yes") counts.missed++;
      if (misses && part !== "train" && !SEALED.test(part) && says !== (label === "yes"))
        console.log(`  ${label} ${score.toFixed(2)} ${text}`);
    }
    print(`${name}, ${part}`, "sentences", counts);
  }
}

for (const part of ["test", "other", "unseen", "heldout"]) {
  if (asked && asked !== "pii") continue;
  const byEntity = new Map();
  const countsOf = (entity) =>
    byEntity.get(entity) ?? byEntity.set(entity, { found: 0, missed: 0, wrong: 0 }).get(entity);
  for (const [row] of rowsOf(`pii.${part}.tsv`)) {
    const { text, entities } = unmarked(row.replaceAll("\\n", "\n"));
    const found = detectionsOf("pii", text).filter((each) => each.score >= THRESHOLD);
    for (const entity of entities) {
      const isFound = found.some(
        (each) => familyOf(each.entity) === familyOf(entity.entity) && shareOf(each, entity) > 0.5,
      );
      countsOf(entity.entity)[isFound ? "found" : "missed"]++;
      if (misses && !SEALED.test(part) && !isFound) console.log(`  missed ${entity.entity} in ${JSON.stringify(row)}`);
    }
    for (const each of found) {
      if (entities.some((entity) => familyOf(each.entity) === familyOf(entity.entity) && shareOf(each, entity) > 0))
        continue;
      countsOf(each.entity).wrong++;
      if (misses && !SEALED.test(part))
        console.log(
          `  wrong  ${each.entity} ${JSON.stringify(text.slice(each.start, each.end))} in ${JSON.stringify(row)}`,
        );
    }
  }
  for (const [entity, counts] of [...byEntity].sort()) print(`pii, ${part}`, entity, counts);
  for (const [group, names] of Object.entries(GROUPS)) {
    const all = { found: 0, missed: 0, wrong: 0 };
    for (const [entity, counts] of byEntity)
      if (names.test(entity)) for (const key of Object.keys(all)) all[key] += counts[key];
    print(`pii, ${part}`, `= ${group}`, all);
  }
}

// Prose that hurts nobody: what is found of it is wrong.
if (!asked) {
  const root = new URL("../", import.meta.url);
  const prose = [".", "docs"].flatMap((folder) =>
    readdirSync(new URL(folder, root)).flatMap((file) => (file.endsWith(".md") ? [`${folder}/${file}`] : [])),
  );
  const sentences = prose.flatMap((file) => segmentsOf(readFileSync(new URL(file, root), "utf8")));
  for (const kind of ["hap", "socialBias"]) {
    const wrong = sentences.filter((segment) => detectionsIn(kind, segment).some(({ score }) => score >= THRESHOLD));
    console.log(`${kind}, documentation: ${wrong.length} of ${sentences.length} sentences are found`);
  }
}

/** Which number of which state it is matters less than that it is one; a key and a password open the same doors. */
function familyOf(entity) {
  if (/^NationalId/.test(entity)) return "NationalId";
  return /^(?:ApiKey|Password|AccessToken)$/.test(entity) ? "Secret" : entity;
}

/** How much of what is to be found was. */
function shareOf(found, entity) {
  return (Math.min(found.end, entity.end) - Math.max(found.start, entity.start)) / (entity.end - entity.start);
}

function unmarked(row) {
  const entities = [];
  let text = "";
  for (const piece of row.split(/(⟦[^⟧]*⟧)/)) {
    const mark = /^⟦([\w.]+):(.*)⟧$/s.exec(piece);
    if (mark) entities.push({ entity: mark[1], start: text.length, end: text.length + mark[2].length });
    text += mark ? mark[2] : piece;
  }
  return { text, entities };
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
