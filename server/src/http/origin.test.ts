import { describe, expect, it } from "vitest";
import { isForeign, isForwarded, isLocalHost, isLoopback } from "./origin.ts";

const none: ReadonlySet<string> = new Set();

describe("a host name", () => {
  it("is local when it can only be this machine's", () => {
    for (const host of ["localhost", "localhost:7420", "LOCALHOST:1", "127.0.0.1:8080", "[::1]:7420", "a.localhost"]) {
      expect([host, isLocalHost(host, none)]).toEqual([host, true]);
    }
    for (const host of [
      undefined,
      "",
      "evil.example",
      "localhost.evil.example",
      "127.0.0.1.evil.example",
      "notlocalhost",
    ]) {
      expect([host, isLocalHost(host, none)]).toEqual([host, false]);
    }
    expect(isLocalHost("tasks.example:443", new Set(["tasks.example"]))).toBe(true);
  });
});

describe("a page", () => {
  it("is of this machine by its origin, on whatever port, and in a desktop application", () => {
    for (const origin of [
      "http://localhost:3000",
      "http://localhost",
      "https://localhost:7420",
      "http://127.0.0.1:5173",
      "http://[::1]:8080",
      "tauri://localhost",
    ]) {
      // Browsers call one local port that asks another by name `cross-site`.
      for (const site of ["cross-site", "same-site", "same-origin"]) {
        expect([origin, isForeign({ origin, "sec-fetch-site": site }, none)]).toEqual([origin, false]);
      }
    }
  });

  it("is foreign by any other origin, and by what a browser says of it", () => {
    for (const origin of [
      "https://evil.example",
      "http://localhost.evil.example",
      "http://127.0.0.1.evil.example:8080",
      "null",
      "",
      "file://",
      "tauri://evil",
      "chrome-extension://localhost",
      "http://localhost:3000, https://evil.example",
    ]) {
      expect([origin, isForeign({ origin }, none)]).toEqual([origin, true]);
      expect(isForeign({ origin, "sec-fetch-site": "same-origin" }, none)).toBe(true);
    }
    expect(isForeign({ "sec-fetch-site": "cross-site" }, none)).toBe(true);
    // Of browsers that say nothing else.
    for (const referer of ["https://evil.example/page", "http://localhost.evil.example/", "about:blank"])
      expect(isForeign({ referer }, none)).toBe(true);
  });

  it("is none when a program asks, or a person by the address bar", () => {
    const local = { referer: "http://localhost:7420/dashboard/" };
    for (const headers of [{}, local, { "sec-fetch-site": "none" }, { "sec-fetch-site": "same-origin" }]) {
      expect(isForeign(headers, none)).toBe(false);
    }
  });
});

it("knows this machine by the whole of an address", () => {
  for (const address of ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
    expect([address, isLoopback(address)]).toEqual([address, true]);
  for (const address of [
    "10.127.0.1",
    "192.168.127.1",
    "::ffff:10.127.0.1",
    "1127.0.0.1",
    "::11",
    "2001::127.1",
    "",
    undefined,
  ])
    expect([address, isLoopback(address)]).toEqual([address, false]);
});

it("tells a request that a proxy has handed on by any of its headers", () => {
  const ofTunnels = [
    "via",
    "x-real-ip",
    "cf-connecting-ip",
    "cf-ray",
    "cdn-loop",
    "tailscale-user-login",
    "true-client-ip",
  ];
  for (const name of ["forwarded", "x-forwarded-for", "x-forwarded-prefix", "x-envoy-external-address", ...ofTunnels])
    expect(isForwarded({ [name]: "" })).toBe(true);
  expect(isForwarded({ host: "localhost", "x-real": "1", "x-request-id": "1", traceparent: "" })).toBe(false);
});
