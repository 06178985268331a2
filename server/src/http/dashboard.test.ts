import { createHash } from "node:crypto";
import fastify from "fastify";
import { expect, it } from "vitest";
import { addDashboard } from "./dashboard.ts";

function dashboard() {
  const app = fastify();
  addDashboard(app);
  return app;
}

it("serves the page, which may run its own scripts and those of this server, and no others", async () => {
  const app = dashboard();
  const { headers: moved, statusCode } = await app.inject("/dashboard");
  expect([statusCode, moved.location]).toEqual([308, "/dashboard/"]);
  const page = await app.inject("/dashboard/");
  expect(page.headers["content-type"]).toBe("text/html; charset=utf-8");
  expect(page.headers["cache-control"]).toBe("no-cache");
  const [, importMap = ""] = /<script type="importmap">([\s\S]*?)<\/script>/.exec(page.body) ?? [];
  const hash = createHash("sha256").update(importMap).digest("base64");
  expect(page.headers["content-security-policy"]).toContain(`script-src 'self' 'sha256-${hash}';`);
  expect(page.headers["content-security-policy"]).toContain("default-src 'none'");
});

it("serves the files of the page by their types, and nothing beside them", async () => {
  const app = dashboard();
  const style = await app.inject("/dashboard/base.css");
  expect([style.statusCode, style.headers["content-type"]]).toEqual([200, "text/css; charset=utf-8"]);
  for (const path of [
    "nothing.css",
    "..%2fpackage.json",
    "%2e%2e/package.json",
    "dist/..%2f..%2fpackage.json",
    "dist/",
  ]) {
    expect((await app.inject(`/dashboard/${path}`)).statusCode, path).toBe(404);
  }
});
