/**
 * `GET /docs` of a lens: its operations on a page for people, made from its routes. It loads nothing and needs no script.
 * On the lens's own port it is what a person finds who looks there.
 */
import type { OpenApiPart } from "./openapi.ts";
import { anyQuery, openRoute, type Route } from "./route.ts";

/** What its document says of the whole API. */
type About = Pick<OpenApiPart, "title" | "description">;

const STYLE =
  "body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}" +
  "code{font-size:.95em}dt{margin-top:1rem}dd{margin:0}";

export function docsRoute(routes: readonly Route[], about: About): Route {
  let page: Buffer | null = null;
  return openRoute({
    method: "GET",
    path: "/docs",
    id: "get_docs",
    tag: "Documentation",
    summary: "This API for people to read",
    query: anyQuery,
    refuses: [],
    answers: [{ status: 200, about: "A page.", mediaType: "text/html" }],
    handle: async () => {
      page ??= Buffer.from(pageOf(routes, about));
      return { status: 200, bytes: page, headers: { "content-type": "text/html; charset=utf-8" } };
    },
  });
}

function pageOf(routes: readonly Route[], { title, description }: About): string {
  const tags = Map.groupBy(routes, ({ tag = "" }) => tag);
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
    `<title>${escapeHtml(title)}</title><style>${STYLE}</style></head><body><h1>${escapeHtml(title)}</h1>`,
    `<p>${escapeHtml(description)} For programs: <a href="openapi.json">openapi.json</a>.</p>`,
    ...Array.from(tags, ([tag, ofTag]) => `<h2>${escapeHtml(tag)}</h2><dl>${ofTag.map(entryOf).join("")}</dl>`),
    "</body></html>",
  ].join("\n");
}

function entryOf({ method, path, summary, description = "" }: Route): string {
  const said = `${summary}. ${description}`.trim();
  return `<dt><code>${method} ${escapeHtml(path)}</code></dt><dd>${escapeHtml(said)}</dd>`;
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
