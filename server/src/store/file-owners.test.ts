import { expect, test } from "vitest";
import { FileOwners } from "./file-owners.ts";

test("a file that was removed is remembered no longer, unless it was put again while it went", async () => {
  let now = 1_000;
  let isPutAgain = false;
  const owners = new FileOwners(
    () => now,
    async () => {
      if (isPutAgain) owners.put("a");
    },
  );
  const removed = async () => {
    owners.put("a");
    now += 6_000;
    expect(await owners.remove("a", now, 5_000)).toBe(true);
    return !owners.has("a", now);
  };
  expect(await removed()).toBe(true);
  isPutAgain = true;
  expect(await removed()).toBe(false);
});
