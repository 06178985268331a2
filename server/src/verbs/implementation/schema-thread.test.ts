import { expect, test } from "vitest";
import type { Refusal } from "../../task/errors.ts";
import { SchemaThread } from "./schema-thread.ts";

const SLOW = { schema: { pattern: "^(a+)+$" }, value: `${"a".repeat(40)}!` };

test("whoever brings forms that take too long holds up others by one of them", async () => {
  const thread = new SchemaThread();
  const ended: string[] = [];
  const slow = Array.from({ length: 2 }, (_, n) =>
    thread.misfits([SLOW], "greedy").catch(({ code }: Refusal) => ended.push(`${code} ${n}`)),
  );
  const quick = thread.misfits([{ schema: { type: "string" }, value: "x" }], "modest").then(() => ended.push("quick"));
  await Promise.all([...slow, quick]);
  expect(ended).toEqual(["invalid 0", "quick", "invalid 1"]);
});

test("whoever has too much to look at is refused, and others are not", async () => {
  const thread = new SchemaThread();
  const ask = (tenant: string) => thread.fault({}, tenant);
  const crowd = Array.from({ length: 1_002 }, () => ask("greedy"));
  const codes = await Promise.allSettled(crowd);
  expect(codes.filter(({ status }) => status === "rejected")).toMatchObject([{ reason: { code: "unavailable" } }]);
  const again = Array.from({ length: 1_001 }, () => ask("greedy"));
  expect(await ask("modest")).toBeNull();
  await Promise.all(again);
});
