/** Who is refused again and again: how often that is written down, and of how many. */
import { beforeEach, expect, it } from "vitest";
import { VirtualClock } from "../../engine/virtual-clock.ts";
import type { AuditEntry } from "../../task/audit.ts";
import { Refusal } from "../../task/errors.ts";
import { bob } from "../suite/stage.ts";
import { RefusedCalls } from "./refused-calls.ts";

let clock: VirtualClock;
let written: AuditEntry[] = [];
let isFull = false;
let refused: RefusedCalls;
beforeEach(() => {
  clock = new VirtualClock(Date.UTC(2026, 0, 1));
  written = [];
  isFull = false;
  refused = new RefusedCalls(
    {
      append: async (entry) => {
        if (isFull) throw new Refusal("unavailable", "The disk is full.");
        written.push(entry);
      },
    },
    clock,
  );
});

const from = (address: string, principal: typeof bob | null = null) =>
  refused.note({
    principal,
    origin: { address, lens: "native", request: "r" },
    network: address,
    route: "submitTask",
  });
const counts = () => written.map(({ detail, origin }) => [origin?.address, Object(detail).count]);
const minute = () => clock.advance(60_000, async () => {});

it("the first of an address is written at once, and then one entry a minute with what came since", async () => {
  for (let n = 0; n < 10; n++) from("192.0.2.1");
  from("192.0.2.2");
  expect(counts()).toEqual([
    ["192.0.2.1", 1],
    ["192.0.2.2", 1],
  ]);
  await minute();
  expect(counts().slice(2)).toEqual([["192.0.2.1", 9]]);
  // Whoever has been quiet for a minute is forgotten, and told at once when it comes again.
  for (let n = 0; n < 3; n++) await minute();
  from("192.0.2.1");
  expect(counts().slice(3)).toEqual([["192.0.2.1", 1]]);
});

it("a key that may not is another one than a key that nobody knows, and counts in its own tenant", () => {
  from("192.0.2.1");
  from("192.0.2.1", bob);
  expect(written.map(({ act, tenant, user, keyId }) => ({ act, tenant, user, keyId }))).toEqual([
    { act: "refused.key", tenant: "", user: "", keyId: "" },
    { act: "refused.scope", tenant: bob.tenant, user: bob.user, keyId: bob.keyId },
  ]);
});

it("of more addresses than are counted, the others have one entry together", async () => {
  for (let n = 0; n < 600; n++) from(`192.0.${n >> 8}.${n & 255}`);
  expect(counts()).toHaveLength(513);
  await minute();
  expect(counts().slice(513)).toEqual([["others", 87]]);
});

it("what the store does not take is counted on, and what is counted is written at the end", async () => {
  isFull = true;
  for (let n = 0; n < 4; n++) from("192.0.2.1");
  await minute();
  expect(counts()).toEqual([]);
  isFull = false;
  await refused.close();
  expect(counts()).toEqual([["192.0.2.1", 4]]);
});
