/** What the offline detectors reach on the labelled sentences, as the script prints it. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, expect, test } from "vitest";

const SCRIPT = fileURLToPath(new URL("../../../scripts/guardrail-quality.mjs", import.meta.url));
const rows = new Map<string, { precision: number; recall: number; f1: number }>();

beforeAll(async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT]);
  for (const line of stdout.split("\n").slice(1)) {
    const [set = "", what = "", ...numbers] = line.split(/\s{2,}/);
    const [precision = 0, recall = 0, f1 = 0] = numbers.slice(3).map(Number);
    rows.set(`${set}: ${what}`, { precision, recall, f1 });
  }
});

test.each([
  ["pii, test: = with check digits", 0.98, 0.98],
  ["pii, test: = e-mail and phone", 0.95, 0.95],
  ["pii, test: = names and places", 0.9, 0.9],
  ["pii, other: = names and places", 0.9, 0.9],
  ["pii, heldout: = with check digits", 0.95, 0.95],
  ["pii, heldout: = e-mail and phone", 0.9, 0.85],
  ["pii, heldout: = names and places", 0.9, 0.8],
  ["hap, heldout: sentences", 0.85, 0.85],
  ["hap, heldout-disguised: sentences", 0.85, 0.95],
  ["hap, heldout-context: sentences", 0.55, 0.9],
  ...["de", "fr", "es", "it", "pt"].flatMap((language): [string, number, number][] => [
    [`hap, heldout-${language}: sentences`, 0.9, 0.9],
    [`social-bias, heldout-${language}: sentences`, 0.9, 0.8],
  ]),
  ["social-bias, heldout: sentences", 0.85, 0.8],
  ["hap, test: sentences", 0.85, 0.85],
  ["hap, other: sentences", 0.85, 0.85],
  ["hap, unseen: sentences", 0.85, 0.85],
  ["social-bias, test: sentences", 0.65, 0.8],
  ["social-bias, unseen: sentences", 0.85, 0.65],
])("%s has a precision of %f and a recall of %f", (row, precision, recall) => {
  expect(rows.get(row)?.precision).toBeGreaterThanOrEqual(precision);
  expect(rows.get(row)?.recall).toBeGreaterThanOrEqual(recall);
});
