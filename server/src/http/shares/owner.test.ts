import { describe, expect, it } from "vitest";
import { Owner, Owners, TURN_MS_MAX } from "./owner.ts";

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
    const opens = (at: number) => {
      const waitMs = owner.waitMs("streams", at);
      if (waitMs <= TURN_MS_MAX) owner.takeTurn("streams", at);
      return Math.round(waitMs);
    };
    const turns = Array.from({ length: 200 }, () => opens(5_000));
    expect(turns.slice(0, 13)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 100, 200, 300]);
    // One that is refused takes no turn.
    expect(turns.slice(109, 112)).toEqual([10_000, 10_100, 10_100]);
    expect(opens(5_100)).toBe(10_000);
    expect(opens(60_000)).toBe(0);
    owner.takeTurn("connections", 5_000);
    expect(owner.waitMs("connections", 5_000)).toBe(0);
  });

  it("opens all of a second at once, whatever a second has", () => {
    for (const second of [1, 15, 29, 30, 59, 60, 123, 246, 256]) {
      const owner = new Owner("key", "own", { ...SHARE, streamsPerMinute: second * 60, connectionsPerMinute: null });
      let atOnce = 0;
      for (; Math.round(owner.waitMs("streams", 5_000)) === 0 && atOnce < 300; atOnce++)
        owner.takeTurn("streams", 5_000);
      expect([second, atOnce]).toEqual([second, second]);
    }
  });

  it("says how long to wait for more requests: a request that waits so long goes on, one that waits a second less does not", () => {
    for (const at of [0, 1, 999, 1_000, 1_001, 30_000.5, 58_999, 59_000, 59_999.9]) {
      const owner = new Owner("key", "own", SHARE);
      owner.count(0);
      owner.count(at, 3);
      const afterMs = owner.resetS(at) * 1_000;
      expect([owner.left() < 0, afterMs >= 1_000, afterMs <= 60_000]).toEqual([true, true, true]);
      const leftAt = (now: number) => {
        owner.count(now, 0);
        return owner.left();
      };
      if (afterMs > 1_000) expect([at, leftAt(at + afterMs - 1_001)]).toEqual([at, -1]);
      expect([at, leftAt(at + afterMs)]).toEqual([at, 3]);
    }
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
