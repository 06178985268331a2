import { describe, expect, it } from "vitest";
import { agentReach, mayReach, reachRefusal } from "./agent-reach.ts";

const may = (reach: string[], url: string) => mayReach(agentReach.parse(reach), new URL(url));

describe("a list of hosts", () => {
  it.each([
    ["api.example.com", ["https://api.example.com/x?y", "http://api.example.com", "https://API.example.com.:443/"]],
    ["*.example.com", ["https://a.example.com", "https://a.b.example.com"]],
    ["https://example.com", ["https://example.com"]],
    ["example.com:8443", ["https://example.com:8443", "http://example.com:8443"]],
    ["https://*.example.com:*", ["https://a.example.com:1", "https://a.example.com"]],
    ["10.1.2.3:80", ["http://10.1.2.3", "http://0x0a010203/"]],
    ["[2001:db8::1]", ["http://[2001:DB8:0::1]/"]],
    ["bücher.example", ["https://xn--bcher-kva.example"]],
  ])("%s lets these through", (place, urls) => {
    for (const url of urls) expect([url, may([place], url)]).toEqual([url, true]);
  });

  it.each([
    ["api.example.com", ["https://example.com", "https://api.example.com.evil.org", "https://xapi.example.com"]],
    ["api.example.com", ["https://api.example.com:8443", "http://api.example.com:443", "ftp://api.example.com"]],
    [
      "api.example.com",
      ["https://api.example.com@evil.org", "https://evil.org/api.example.com", "https://evil.org#api.example.com"],
    ],
    [
      "*.example.com",
      [
        "https://example.com",
        "https://notexample.com",
        "https://example.com.evil.org",
        "https://a.example.com.evil.org",
      ],
    ],
    ["https://example.com", ["http://example.com", "http://example.com:443"]],
    ["10.1.2.3", ["http://[::ffff:10.1.2.3]", "http://10.1.2.30", "http://10.1.2.3.example.com"]],
  ])("%s lets none of these through", (place, urls) => {
    for (const url of urls) expect([url, may([place], url)]).toEqual([url, false]);
  });

  it("that is empty lets nothing through, and one that is absent everything", () => {
    const url = new URL("https://example.com/secret?key=1");
    expect(reachRefusal("the agent", undefined, url)).toBeNull();
    expect(reachRefusal("the agent", [], url)).toBe(
      "https://example.com is not reached: the agent may reach no other server.",
    );
  });

  it.each([
    "",
    "*",
    "*.",
    "https://",
    "example.com/path",
    "a b",
    "user@example.com",
    "ftp://example.com",
    "example.com:0",
    "example.com:70000",
    "*.10.0.0.1",
    "*.[::1]",
    "a.*.com",
    "http://*",
    "example.com?x",
  ])("holds no %j", (place) => {
    expect(agentReach.safeParse([place]).success).toBe(false);
  });
});
