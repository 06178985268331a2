import { describe, expect, it } from "vitest";
import { Owner, Owners } from "./owner.ts";

const SHARE = { requestsPerMinute: 3, requests: 2, bodiesBytes: null, connections: null };

describe("an owner", () => {
  it("has its requests of a minute from the first one on, and all of them again when it is over", () => {
    const owner = new Owner("key", "own", SHARE);
    for (const at of [0, 1_000, 59_000]) owner.count(at);
    expect([owner.left(), owner.resetS(59_000)]).toEqual([0, 1]);
    owner.count(59_999);
    expect(owner.left()).toBe(-1);
    owner.uncount();
    owner.count(60_000);
    expect([owner.left(), owner.resetS(60_000)]).toEqual([2, 60]);
  });

  it("opens as many streams at once as a second has, and more one after the other, up to ten seconds", () => {
    const owner = new Owner("key", "own", { ...SHARE, streamsPerMinute: 600, connectionsPerMinute: null });
    const turns = Array.from({ length: 200 }, () => owner.turnMs("streams", 5_000));
    expect(turns.slice(0, 13)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 100, 200, 300]);
    // One that is refused takes no turn.
    expect([turns.indexOf(null), turns[109]]).toEqual([110, 10_000]);
    expect(owner.turnMs("streams", 5_100)).toBe(10_000);
    expect(owner.turnMs("streams", 60_000)).toBe(0);
    expect(owner.turnMs("connections", 5_000)).toBe(0);
  });

  it("tells what is left in the fields of the draft and in those of before", () => {
    const owner = new Owner("tenant", "own", SHARE);
    owner.count(500);
    expect(owner.headers(10_500)).toEqual({
      "ratelimit-policy": '"tenant";q=3;w=60',
      ratelimit: '"tenant";r=2;t=50',
      "ratelimit-limit": "3",
      "ratelimit-remaining": "2",
      "ratelimit-reset": "50",
    });
  });
});

describe("owners", () => {
  it("are at most 20,000: one that is idle makes room first", () => {
    const owners = new Owners("address");
    const busy = owners.of("busy", SHARE, 0);
    busy.requests = 1;
    for (let at = 1; at < 50_000; at++) owners.of(`10.0.${at >> 8}.${at & 255}`, SHARE, 0);
    expect(owners.size).toBe(20_000);
    expect(owners.of("busy", SHARE, 0)).toBe(busy);
  });
});
