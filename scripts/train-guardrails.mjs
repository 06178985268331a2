// Makes the labelled sentences of hate, of prejudice and with personal information out of the patterns in `guardrail-sets/`, and from their train part the
// weights of the offline detectors.
//
//   node scripts/train-guardrails.mjs [--check]
//
// Every fourth pattern, with all that is made of it, is in the test part and never trained on; a second test set is in another
// style and shares no pattern with either, and a third was written when all else was done. Chance has a seed: the same files come out. `--check` compares with what is committed.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { readingOf, TABLE_SIZE } from "../server/src/guardrails/offline/tone/features.ts";
import { scoreOf } from "../server/src/guardrails/offline/tone/tone.ts";
import * as hap from "./guardrail-sets/hap.mjs";
import * as hapOneByOne from "./guardrail-sets/hap-one-by-one.mjs";
import { french } from "./guardrail-sets/languages/french.mjs";
import { german } from "./guardrail-sets/languages/german.mjs";
import { italian } from "./guardrail-sets/languages/italian.mjs";
import { portuguese } from "./guardrail-sets/languages/portuguese.mjs";
import { spanish } from "./guardrail-sets/languages/spanish.mjs";
import * as pii from "./guardrail-sets/pii.mjs";
import * as socialBias from "./guardrail-sets/social-bias.mjs";

const VARIANTS = 30;
const PII_VARIANTS = 10;
const TEST_EVERY = 4;
const DISGUISED = { yes: 0.15, no: 0.04 };
const EPOCHS = 40;
const RATE = 0.8;
const DECAY = 2e-5;
const MISS_WEIGHS = 4;
const HEAD_BYTES = 8;

const check = process.argv.includes("--check");
const sets = fileURLToPath(new URL("../server/test/guardrails/sets/", import.meta.url));
const assets = fileURLToPath(new URL("../server/assets/guardrails/", import.meta.url));
const about = { origin: "Written for this project; made by scripts/train-guardrails.mjs.", files: {} };

for (const folder of [sets, assets]) mkdirSync(folder, { recursive: true });
const others = Object.entries({ de: german, fr: french, es: spanish, it: italian, pt: portuguese });
make(
  "hap",
  [
    { language: "en", slots: hap.slots, yes: hap.hateful, no: hap.harmless, everyday: hap.everyday },
    ...others.map(([language, { slots, hateful: yes, harmless: no, everyday }]) => ({
      ...{ language, slots, yes, no, everyday: everyday.split("|") },
    })),
  ],
  asIs(hapOneByOne.other, hapOneByOne.unseen, "hateful", "harmless"),
);
make(
  "social-bias",
  [
    { language: "en", slots: socialBias.slots, yes: socialBias.biased, no: socialBias.fair, everyday: hap.everyday },
    ...others.map(([language, { slots, biased: yes, fair: no, everyday }]) => ({
      ...{ language, slots, yes, no, everyday: everyday.split("|") },
    })),
  ],
  asIs(socialBias.other, socialBias.unseen, "biased", "fair"),
);
makePii();
keep(`${assets}about.json`, Buffer.from(`${JSON.stringify(about, null, 2)}\n`));

/** The sets of which each sentence was written by itself. */
function asIs(other, unseen, yes, no) {
  const listed = (set) => [
    ...set[yes].map((text) => ({ label: "yes", text })),
    ...set[no].map((text) => ({ label: "no", text })),
  ];
  return { other: listed(other), unseen: listed(unseen) };
}

/** Each language has files of its own; the weights are trained on all of them together. */
function make(name, languages, others) {
  const random = randomOf(name);
  const rows = (list) => Buffer.from(`${list.map(({ label, text }) => `${label}\t${text}`).join("\n")}\n`);
  const all = [];
  for (const { language, slots, everyday, ...patterns } of languages) {
    const parts = sentencesOf(patterns, slots, everyday, random);
    const suffix = language === "en" ? "" : `-${language}`;
    for (const [part, list] of Object.entries(parts)) keep(`${sets}${name}.${part}${suffix}.tsv`, rows(list));
    all.push(...parts.train.map((row) => ({ ...row, language })));
  }
  for (const [part, list] of Object.entries(others)) keep(`${sets}${name}.${part}.tsv`, rows(list));
  keep(`${assets}${name}.bin`, trained(all, random));
}

function sentencesOf(patterns, slots, everyday, random) {
  const parts = { train: [], test: [] };
  for (const label of ["yes", "no"]) {
    for (const [index, pattern] of patterns[label].entries()) {
      const part = index % TEST_EVERY === TEST_EVERY - 1 ? "test" : "train";
      for (const text of variantsOf(pattern, slots, random))
        parts[part].push({ label, text: random() < DISGUISED[label] ? disguised(text, random) : text });
    }
  }
  // Every fourth of these is tested with, too.
  for (const [index, text] of everyday.entries())
    parts[index % TEST_EVERY === 1 ? "test" : "train"].push({ label: "no", text });
  return parts;
}

/** Nothing is trained on these. What is to be found is marked in the text: `⟦Entity:value⟧`. */
function makePii() {
  const random = randomOf("pii");
  const filled = new Set();
  for (const pattern of [...pii.patterns, ...pii.clean]) {
    for (let n = 0; n < PII_VARIANTS; n++)
      filled.add(
        pattern.replace(/\{(!?)([\w.]+)\}/g, (_, wrong, slot) => {
          const value = pii.values[wrong + slot][Math.floor(random() * pii.values[wrong + slot].length)];
          const entity = slot === "Given" ? "Person" : slot;
          return wrong || !/^[A-Z]/.test(slot) ? value : `⟦${entity}:${value}⟧`;
        }),
      );
  }
  const rows = (list) => Buffer.from(`${list.map((text) => text.replaceAll("\n", "\\n")).join("\n")}\n`);
  keep(`${sets}pii.test.tsv`, rows([...filled]));
  keep(`${sets}pii.other.tsv`, rows(pii.other));
  keep(`${sets}pii.unseen.tsv`, rows(pii.unseen));
}

function variantsOf(pattern, slots, random) {
  const variants = new Set();
  for (let tries = 0; variants.size < VARIANTS && tries < VARIANTS * 3; tries++) {
    let text = pattern;
    // A slot's words may have slots.
    for (let depth = 0; depth < 3; depth++)
      text = text.replace(/\{(\w+)\}/g, (_, slot) => slots[slot][Math.floor(random() * slots[slot].length)]);
    variants.add(text.charAt(0).toUpperCase() + text.slice(1));
  }
  return variants;
}

/** One of the ways in which words are hidden from filters. */
function disguised(text, random) {
  const words = text.split(" ");
  const at = words.reduce(
    (best, word, index) => (word.length > (words[best]?.length ?? 0) && random() < 0.7 ? index : best),
    0,
  );
  const ways = [
    (word) =>
      word.replace(
        /[aeiost]/gi,
        (char) => ({ a: "4", e: "3", i: "1", o: "0", s: "5", t: "7" })[char.toLowerCase()] ?? char,
      ),
    (word) => [...word].join(" "),
    (word) => word.replace(/[aeiou]/i, (char) => char.repeat(4)),
    (word) => [...word].join("\u200b"),
    (word) => word.replace(/[aeo]/gi, (char) => ({ a: "а", e: "е", o: "о" })[char.toLowerCase()] ?? char),
    (word) => [...word].map((char, index) => (index % 2 ? char.toUpperCase() : char)).join(""),
  ];
  words[at] = ways[Math.floor(random() * ways.length)](words[at]);
  return words.join(" ");
}

/** Logistic regression by stochastic descent; a byte for each weight. What is missed weighs more than a false alarm. */
function trained(rows, random) {
  const samples = rows.map(({ label, text, language }) => ({
    y: label === "yes" ? 1 : 0,
    places: readingOf(text, language).places,
  }));
  const weights = new Float64Array(TABLE_SIZE);
  let bias = 0;
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    const rate = RATE / (1 + epoch * 0.3);
    for (const { y, places } of shuffled(samples, random)) {
      const step = rate * (y === 1 ? MISS_WEIGHS : 1) * (y - scoreOf(places, bias, (place) => weights[place]));
      const each = step / Math.sqrt(places.length);
      bias += step * 0.1;
      for (const place of places) weights[place] += each - rate * DECAY * weights[place] * places.length;
    }
  }
  const scale = weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0) / 127;
  const bytes = Buffer.alloc(HEAD_BYTES + TABLE_SIZE);
  bytes.writeFloatLE(bias, 0);
  bytes.writeFloatLE(scale, 4);
  for (const [place, weight] of weights.entries()) bytes.writeInt8(Math.round(weight / scale), HEAD_BYTES + place);
  return bytes;
}

function shuffled(list, random) {
  const all = [...list];
  for (let at = all.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    [all[at], all[other]] = [all[other], all[at]];
  }
  return all;
}

function keep(file, bytes) {
  about.files[file.slice(file.lastIndexOf("/") + 1)] = createHash("sha256").update(bytes).digest("hex");
  if (!check) return writeFileSync(file, bytes);
  if (!existsSync(file) || !readFileSync(file).equals(bytes)) {
    console.error(`${file} is not what the script makes.`);
    process.exitCode = 1;
  }
}

/** Mulberry32. */
function randomOf(seed) {
  let state = createHash("sha256").update(seed).digest().readUInt32LE(0);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
