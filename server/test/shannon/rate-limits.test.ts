/** Requests of a key by its tier, as the contract of this API limits them in `serve`. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { QuotaCounts } from "../../src/http/shares/quota-counts.ts";
import { TIERS } from "../../src/lenses/shannon/rate-limits.ts";
import { startTestServer, type TestServer } from "../server.ts";

const TASKS = "/shannon/api/v1/tasks";

let server: TestServer;
let keys: { root: string; plain: string; free: string; tiny: string };

beforeAll(async () => {
  server = await startTestServer({
    mode: "serve",
    keys: [
      { user: "root" },
      { user: "plain", scopes: ["tasks"] },
      { user: "free", scopes: ["tasks"], tier: "free" },
      { user: "tiny", tier: "tiny" },
    ],
    config: { lenses: { shannon: { rateLimits: { tiny: { minute: 1_000, hour: 1_000, day: 3 } } } } },
  });
  const [root = "", plain = "", free = "", tiny = ""] = server.secrets;
  keys = { root, plain, free, tiny };
});
afterAll(() => server.stop());

const ask = async (key: string, path = TASKS, init: RequestInit = {}) => {
  const response = await server.call(path, { key, ...init });
  return { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) };
};

describe("limits of the Shannon API", () => {
  it("are those of the key's tier: an admin's, everybody's, or the one that it was made with", async () => {
    const limits = async (key: string) => {
      const { headers } = await ask(key);
      return [headers.get("x-ratelimit-limit-minute"), headers.get("x-ratelimit-limit-hour")];
    };
    expect(await limits(keys.root)).toEqual(["1000", "100000"]);
    expect(await limits(keys.plain)).toEqual(["500", "20000"]);
    expect(await limits(keys.free)).toEqual(["60", "1000"]);
  });

  it("are told by both spellings of the contract, and count down", async () => {
    const { headers } = await ask(keys.plain);
    expect(headers.get("x-ratelimit-limit")).toBe("500");
    expect(headers.get("x-ratelimit-remaining")).toBe(headers.get("x-ratelimit-remaining-minute"));
    const reset = Number(headers.get("x-ratelimit-reset"));
    expect(reset % 60).toBe(0);
    expect(reset * 1_000).toBeGreaterThan(Date.now() - 60_000);
    const before = Number(headers.get("x-ratelimit-remaining-hour"));
    const after = Number((await ask(keys.plain)).headers.get("x-ratelimit-remaining-hour"));
    expect([before - 1, 19_999]).toContain(after);
  });

  it("refuse in the contract's words, and leave reading a task, other keys and other APIs alone", async () => {
    let refused = await ask(keys.tiny);
    for (let at = 0; at < 9 && refused.status !== 429; at++) refused = await ask(keys.tiny);
    expect([refused.status, refused.body]).toEqual([
      429,
      {
        error: "Rate limit exceeded",
        message: "Too many requests. day limit exceeded. Please retry after the rate limit window resets.",
        window: "day",
        retry_after: Number(refused.headers.get("retry-after")),
      },
    ]);
    expect(refused.headers.get("retry-after")).toMatch(/^\d+$/);
    expect((await ask(keys.tiny, `${TASKS}/task_00000000000000000000000000`)).status).toBe(404);
    expect((await ask(keys.tiny, "/v1/tasks")).status).toBe(200);
    expect((await ask(keys.plain)).status).toBe(200);
  });
});

describe("counts of quotas", () => {
  const at = Date.UTC(2026, 0, 1, 12, 59, 59);
  const free = TIERS["free"] ?? { minute: 0, hour: 0, day: 0 };

  it("begin anew with each minute, hour and day of the clock", () => {
    const counts = new QuotaCounts();
    for (let request = 0; request < 60; request++) expect(counts.take("k", free, at).usedUp).toBeNull();
    const { left, usedUp } = counts.take("k", free, at);
    expect([usedUp, left.minute]).toEqual(["minute", { limit: 60, remaining: 0, resetAt: (at + 1_000) / 1_000 }]);
    const next = counts.take("k", free, at + 1_000);
    expect([next.usedUp, next.left.minute.remaining, next.left.hour.remaining]).toEqual([null, 59, 999]);
    expect(next.left.day.remaining).toBe(10_000 - 61);
    expect(counts.take("other", free, at).left.day.remaining).toBe(9_999);
  });

  it("name the shortest window that is used up", () => {
    const counts = new QuotaCounts();
    const limits = { minute: 5, hour: 2, day: 2 };
    for (let request = 0; request < 2; request++) counts.take("k", limits, at);
    expect(counts.take("k", limits, at).usedUp).toBe("hour");
  });
});
