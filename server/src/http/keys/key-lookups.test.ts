import { expect, it } from "vitest";
import type { WrongKeysShare } from "../shares/share.ts";
import { KeyLookups } from "./key-lookups.ts";

const USUAL = { wrongKeysPerMinute: 600, wrongKeyPauseMs: 10, wrongKeysWaiting: 256 };

function lookups(share: WrongKeysShare = USUAL) {
  const asked: string[] = [];
  const all = new KeyLookups(share, () => 1_000);
  const find = (secret: string, address: string, found: "ada" | "ended" | null = null) =>
    all.find(secret, address, async () => {
      asked.push(secret);
      return found;
    });
  return { find, asked };
}

it("looks for some hundreds of guesses of an address at once, then for a few, and for those of others as before", async () => {
  const { find } = lookups();
  for (let n = 0; n < 600; n++) await find(`guess-${n}`, "10.0.0.1");
  const waiting = Array.from({ length: 300 }, (_, n) =>
    find(`more-${n}`, "10.0.0.1").then(
      () => "looked for",
      ({ code }: { code: string }) => code,
    ),
  );
  expect(await find("another's", "10.0.0.2", "ada")).toBe("ada");
  const heard = await Promise.all(waiting);
  expect([heard.filter((what) => what === "looked for").length, heard.at(-1)]).toEqual([256, "rate_limited"]);
});

it("lets a key that was accepted before past all guesses of its address, and asks for no wrong one twice", async () => {
  const { find, asked } = lookups();
  await find("right", "10.0.0.1", "ada");
  await find("old", "10.0.0.1", "ended");
  for (let n = 0; n < 600; n++) await find(`guess-${n}`, "10.0.0.1");
  let came = false;
  const late = find("one more", "10.0.0.1").then(() => {
    came = true;
  });
  expect([await find("right", "10.0.0.1", "ada"), came]).toEqual(["ada", false]);
  expect([await find("guess-1", "10.0.0.1", "ada"), await find("old", "10.0.0.1", "ada")]).toEqual([null, "ended"]);
  await late;
  expect(asked.filter((secret) => secret === "guess-1" || secret === "old")).toEqual(["old", "guess-1"]);
});

it("counts no key as a guess that turns out to be right: thousands come at once from one address, also beside its guesses", async () => {
  const { find } = lookups({ ...USUAL, wrongKeyPauseMs: 60_000 });
  for (let n = 0; n < 599; n++) await find(`guess-${n}`, "10.0.0.1");
  const callers = Array.from({ length: 2_000 }, (_, n) => n);
  // As many at once as a proxy has connections under way.
  for (let from = 0; from < callers.length; from += 200) {
    const some = callers.slice(from, from + 200).map((n) => find(`right-${n}`, "10.0.0.1", "ada"));
    const waiting = new Promise<string[]>((resolve) => setImmediate(resolve, ["some wait"]));
    expect(new Set(await Promise.race([Promise.all(some), waiting]))).toEqual(new Set(["ada"]));
  }
  // And the guesses that there were count as before.
  await find("the last one", "10.0.0.1");
  let came = false;
  void find("one more", "10.0.0.1").then(() => {
    came = true;
  });
  await find("another's", "10.0.0.2");
  expect(came).toBe(false);
});

it("looks for as many as the configuration says, or for all", async () => {
  const few = lookups({ wrongKeysPerMinute: 1, wrongKeyPauseMs: 1, wrongKeysWaiting: 1 });
  const heard = await Promise.allSettled(["a", "b", "c"].map((guess) => few.find(guess, "10.0.0.1")));
  expect(heard.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected"]);
  const all = lookups({ ...USUAL, wrongKeysPerMinute: null, wrongKeyPauseMs: 60_000 });
  for (let n = 0; n < 700; n++) expect(await all.find(`guess-${n}`, "10.0.0.1")).toBe(null);
});
