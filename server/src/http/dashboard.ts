/**
 * The dashboard's built files, under `/dashboard/`: `public/` at the root, the built modules under `dist/`, and those of the sdk under
 * `sdk/`. The list of files is made once, so that no request can name another file. @fastify/static would do the same for 36 ms of each
 * start, 3 MB and fifteen packages.
 */
import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { FastifyInstance } from "fastify";
import { pageHeaders } from "./page.ts";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".webmanifest": "application/manifest+json",
};

/** Adds `/dashboard/…`. Answers 404 if the package is not installed. */
export function addDashboard(app: FastifyInstance): void {
  let files: ReadonlyMap<string, string> | undefined;
  app.get("/dashboard", { exposeHeadRoute: true }, (_request, reply) => reply.redirect("/dashboard/", 308));
  app.get<{ Params: { "*": string } }>("/dashboard/*", { exposeHeadRoute: true }, async (request, reply) => {
    files ??= await index();
    const path = request.params["*"] === "" ? "index.html" : request.params["*"];
    const file = files.get(path);
    const type = TYPES[extname(path)];
    if (file === undefined || type === undefined) return reply.callNotFound();
    const bytes = await readFile(file);
    if (extname(path) === ".html") reply.headers(pageHeaders(bytes.toString("utf8")));
    return reply.header("cache-control", "no-cache").type(type).send(bytes);
  });
}

async function index(): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  const dashboard = folderOf("@waybill/dashboard") ?? fileURLToPath(new URL("../../dashboard", import.meta.url));
  const roots = [
    { mount: "", root: join(dashboard, "public") },
    { mount: "dist/", root: join(dashboard, "dist") },
    { mount: "sdk/", root: join(folderOf("@waybill/sdk") ?? "", "dist") },
  ];
  for (const { mount, root } of roots) {
    const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(unlessAbsent);
    for (const entry of entries) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      files.set(mount + path.slice(root.length + 1).replaceAll("\\", "/"), path);
    }
  }
  return files;
}

function unlessAbsent(error: NodeJS.ErrnoException): never[] {
  if (error.code === "ENOENT") return [];
  throw error;
}

/** Null if it is not installed. A server packed by npm has the dashboard in its own folder. */
function folderOf(name: string): string | null {
  try {
    return dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
  } catch {
    return null;
  }
}
