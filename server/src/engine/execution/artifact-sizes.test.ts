import { expect, test } from "vitest";
import type { ArtifactUpdate } from "../../task/artifact.ts";
import { ARTIFACT_BYTES_MAX, ARTIFACTS_MAX } from "../../task/artifact-bounds.ts";
import { ArtifactSizes } from "./artifact-sizes.ts";

const KB = 1_024;
const ROOM = 10 * KB;

function update(bytes: number, fields: Partial<ArtifactUpdate> = {}): ArtifactUpdate {
  const empty: ArtifactUpdate = { id: "report", parts: [{ text: "" }], append: true, last: false, ...fields };
  return { ...empty, parts: [{ text: "x".repeat(bytes - JSON.stringify(empty).length) }] };
}

/** A task whose report has room for 10 KB more. */
function nearlyFull(): ArtifactSizes {
  return new ArtifactSizes([{ id: "report", bytes: ARTIFACT_BYTES_MAX - ROOM }]);
}

test("an artifact is refused by its name from the first byte on that is too much, and others have their own room", () => {
  const sizes = nearlyFull();
  sizes.add(update(ROOM));
  expect(() => sizes.add(update(KB))).toThrow('The artifact "report" is larger than 33554432 bytes');
  sizes.add(update(KB, { id: "log" }));
});

test("one that is replaced has all its room again", () => {
  const sizes = nearlyFull();
  sizes.add(update(KB, { append: false }));
  for (let n = 0; n < 20; n++) sizes.add(update(ROOM));
});

test("what a try has added counts until it fails, and for good when it does not", () => {
  const sizes = nearlyFull();
  const failing = sizes.begin();
  failing.add(update(8 * KB));
  expect(() => sizes.add(update(8 * KB))).toThrow("larger");
  failing.end(false);
  const succeeding = sizes.begin();
  succeeding.add(update(8 * KB));
  succeeding.end(true);
  succeeding.end(false);
  expect(() => sizes.add(update(8 * KB))).toThrow("larger");
  sizes.add(update(2 * KB));
});

test("tries beside each other fit together, whichever ends first", () => {
  const sizes = nearlyFull();
  const [one, other] = [sizes.begin(), sizes.begin()];
  one.add(update(6 * KB));
  expect(() => other.add(update(6 * KB))).toThrow("larger");
  other.add(update(4 * KB));
  other.add(update(6 * KB, { append: false }));
  other.end(true);
  one.end(true);
  sizes.add(update(100 * KB));
});

test("a task has so many artifacts and no more, those of its tries included", () => {
  const known = Array.from({ length: ARTIFACTS_MAX - 2 }, (_, n) => ({ id: `a${n}`, bytes: KB }));
  const sizes = new ArtifactSizes(known);
  const tried = sizes.begin();
  tried.add(update(KB, { id: "b" }));
  sizes.add(update(KB, { id: "c" }));
  expect(() => sizes.add(update(KB, { id: "d" }))).toThrow('The artifact "d" is one too many');
  tried.add(update(KB, { id: "b" }));
  sizes.add(update(KB, { id: "a0" }));
  tried.end(false);
  sizes.add(update(KB, { id: "d" }));
});
