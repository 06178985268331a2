/** The examples for production agree with the server that stands behind them, also where none of their programs is installed. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { loadConfig } from "../src/config.ts";
import { HEADER_BYTES_MAX, KEEP_ALIVE_MS } from "../src/http/connections/listener.ts";
import { WAIT_S_MAX } from "../src/lenses/native/schema.ts";

const example = (name: string) =>
  readFileSync(fileURLToPath(new URL(`../../examples/production/${name}`, import.meta.url)), "utf8");
const config = await loadConfig({ mode: "serve", flags: {}, env: {}, folder: tmpdir() });

/** nginx counts in 1,024s, Caddy in 1,000s unless it is told otherwise. */
const UNITS: Readonly<Record<string, number>> = {
  ...{ s: 1, m: 60, h: 3_600 },
  ...{ k: 1_024, KB: 1_000, KiB: 1_024, MB: 1_000_000, MiB: 1_048_576 },
};

/** What one directive says, without comments: once, wherever it stands. */
function told(text: string, directive: string): string {
  const lines = text.replaceAll(/^\s*#.*$/gm, "").matchAll(new RegExp(`^\\s*${directive}\\s+([^;{\\n]+);?$`, "gm"));
  const [[, value = ""] = [], ...others] = [...lines];
  expect([directive, value !== "", others.length]).toEqual([directive, true, 0]);
  return value.trim();
}

function amount(text: string, directive: string, units = UNITS): number {
  const [, number, unit = ""] = /(\d+)([A-Za-z]+)$/.exec(told(text, directive)) ?? [];
  return Number(number) * (units[unit] ?? Number.NaN);
}

const nginx = example("nginx.conf");
const caddy = example("Caddyfile");
const unit = example("waybill.service");

test.each([
  ["nginx", amount(nginx, "client_max_body_size", { m: 1_048_576 })],
  ["Caddy", amount(caddy, "max_size")],
])("%s lets the largest file through, and the form around it", (_, bytes) => {
  expect(bytes).toBeGreaterThan(config.documents.fileBytes + 1_048_576);
  expect(bytes).toBeLessThan(config.documents.fileBytes * 1.1);
});

test.each([
  ["nginx", amount(nginx, "keepalive_timeout"), amount(nginx, "proxy_read_timeout")],
  ["Caddy", amount(caddy, "keepalive"), amount(caddy, "response_header_timeout")],
])(
  "%s closes idle connections before the server does, and waits for as long as an answer may be held",
  (_, idleS, waitS) => {
    expect(idleS * 1_000).toBeLessThan(KEEP_ALIVE_MS);
    expect(waitS).toBeGreaterThan(WAIT_S_MAX);
  },
);

test.each([
  ["nginx", amount(nginx, "large_client_header_buffers"), amount(nginx, "client_header_timeout")],
  ["Caddy", amount(caddy, "max_header_size"), amount(caddy, "read_header")],
])("%s takes the heads that the server takes, for as long", (_, bytes, s) => {
  expect([bytes, s]).toEqual([HEADER_BYTES_MAX, config.limits.headS]);
});

test("both pass streams and files on as they come, say HSTS, hide metrics, and no word of the caller's on its address", () => {
  for (const off of ["proxy_buffering", "proxy_request_buffering", "access_log"]) expect(told(nginx, off)).toBe("off");
  expect(told(caddy, "flush_interval")).toBe("-1");
  expect(told(nginx, "add_header Strict-Transport-Security")).toBe('"max-age=31536000" always');
  expect(told(caddy, "header Strict-Transport-Security")).toBe('"max-age=31536000"');
  expect(nginx).toMatch(/^\s*location = \/metrics \{ return 404; \}$/m);
  expect(told(caddy, "respond /metrics")).toBe("404");
  expect(told(nginx, "proxy_set_header X-Forwarded-For")).toBe("$remote_addr");
  expect(told(nginx, "proxy_set_header Forwarded")).toBe('""');
  expect(told(caddy, "header_up")).toBe("-Forwarded");
  expect(told(nginx, "ssl_protocols")).toBe("TLSv1.2 TLSv1.3");
  for (const text of [nginx, caddy]) expect(text).toContain(`127.0.0.1:${config.port}`);
});

test("the unit waits for running steps, keeps what it makes to itself, and has flags that both examples ask for", () => {
  const said = (name: string) => new RegExp(`^${name}=(.+)$`, "m").exec(unit)?.[1];
  expect(Number(said("TimeoutStopSec")) * 1_000).toBeGreaterThan(config.graceMs);
  expect(["UMask", "StateDirectoryMode", "KillMode"].map(said)).toEqual(["0077", "0700", "mixed"]);
  expect(unit).not.toMatch(/^MemoryDenyWriteExecute=/m);
  for (const flag of [
    "--host 127.0.0.1",
    "--trust-proxy 1",
    "--public-url https://waybill.example.com",
    "--lens-port none",
  ])
    for (const text of [said("ExecStart") ?? "", nginx, caddy])
      expect(text.replaceAll(/\s+#?\s*/g, " ")).toContain(flag);
});

/** Of the machine, where it has one. */
const ANALYSER = "systemd-analyze";
const run = (...words: string[]) => spawnSync(ANALYSER, words);

test.skipIf(run("--version").error !== undefined)("systemd finds nothing wrong with the unit", () => {
  const folder = mkdtempSync(join(tmpdir(), "waybill-unit-"));
  try {
    // The program and the user are those of the machine that it is for.
    const here = unit.replace(/^ExecStart=\S+/m, "ExecStart=/bin/true").replaceAll(/^(?:User|Group)=.*\n/gm, "");
    writeFileSync(join(folder, "waybill.service"), here);
    const { status, stderr } = run("verify", "--man=no", join(folder, "waybill.service"));
    expect([status, String(stderr)]).toEqual([0, ""]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
