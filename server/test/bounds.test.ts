/** The bounds that operators read of are those of the code. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { loadConfig } from "../src/config.ts";
import { CURSORS_MAX } from "../src/delivery/entries.ts";
import { FEED_BYTES_MAX, TAIL_BYTES_MAX } from "../src/engine/event-feed.ts";
import { CHUNKS_FREE } from "../src/http/body/tiny-chunks.ts";
import { STREAMS_BYTES_MAX } from "../src/http/connections/stalled-readers.ts";
import { LONG_ANSWERS_CHARACTERS_MAX } from "../src/lenses/body/long-answers.ts";
import { ERASURES_RUNNING_MAX, ERASURES_RUNNING_OF_TENANT_MAX } from "../src/store/erasure-store.ts";
import { ANSWER_BYTES_MAX, QUERY_MS_MAX, TASK_PAGE_BYTES_MAX } from "../src/store/sqlite/bounds.ts";
import { ARTIFACT_BYTES_MAX, ARTIFACTS_MAX } from "../src/task/artifact-bounds.ts";
import { EVENTS_MAX } from "../src/task/decide.ts";
import { OBJECT_KEYS_MAX } from "../src/task/json/object-keys.ts";
import { METADATA_BYTES_MAX, METADATA_KEYS_MAX } from "../src/task/submission.ts";
import { INBOX_BYTES_MAX, INBOX_ITEMS_MAX } from "../src/verbs/implementation/input-checks.ts";

const FIXED = {
  CHUNKS_FREE,
  CURSORS_MAX,
  OBJECT_KEYS_MAX,
  METADATA_KEYS_MAX,
  METADATA_BYTES_MAX,
  INBOX_ITEMS_MAX,
  INBOX_BYTES_MAX,
  EVENTS_MAX,
  ANSWER_BYTES_MAX,
  TASK_PAGE_BYTES_MAX,
  ARTIFACTS_MAX,
  ARTIFACT_BYTES_MAX,
  QUERY_MS_MAX,
  ERASURES_RUNNING_MAX,
  ERASURES_RUNNING_OF_TENANT_MAX,
  TAIL_BYTES_MAX,
  FEED_BYTES_MAX,
  STREAMS_BYTES_MAX,
  LONG_ANSWERS_CHARACTERS_MAX,
};

/** How slots are shared is told at another place. */
const SLOTS = ["running", "runningOfTenant", "runningReserve"];

function listedUnder(title: string): [name: string, value: number][] {
  const page = readFileSync(new URL("../../docs/operations.md", import.meta.url), "utf8");
  const section = page.split(`\n## ${title}\n`)[1]?.split("\n## ")[0] ?? "";
  const rows = section.matchAll(/^\| `([\w.]+)` \| ([\d,]+) \|/gm);
  return [...rows].map(([, name = "", value = ""]) => [name, Number(value.replaceAll(",", ""))]);
}

test("docs/operations.md lists what everybody has of a server", async () => {
  const { shares } = await loadConfig({ mode: "serve", flags: {}, env: {}, folder: "/nowhere" });
  const known = (["key", "tenant", "address"] as const).flatMap((whose) =>
    Object.entries(shares[whose]).map(([name, value]) => [`${whose}.${name}`, value]),
  );
  expect(Object.fromEntries(listedUnder("A share for everybody"))).toEqual(
    Object.fromEntries(known.filter(([, value]) => value !== null)),
  );
});

test("docs/operations.md lists every bound with its default", async () => {
  const listed = listedUnder("Bounds");
  const { limits } = await loadConfig({ mode: "dev", flags: {}, env: {}, folder: "/nowhere" });
  const settable = Object.entries(limits).filter(([name]) => !SLOTS.includes(name));
  const known = { ...Object.fromEntries(settable.map(([name, value]) => [`limits.${name}`, value])), ...FIXED };
  expect(Object.fromEntries(listed)).toEqual(known);
});
