/** Headers that bound a page of ours in a browser: it runs our own scripts, talks to this server, and nothing else. */
import { createHash } from "node:crypto";

const INLINE_SCRIPT = /<script(?![^>]*\bsrc=)[^>]*>([\s\S]*?)<\/script>/gi;
const INLINE_STYLE = /<style[^>]*>([\s\S]*?)<\/style>/gi;

/** Headers of an HTML page. Its inline scripts and styles are allowed by their hashes; others are not. */
export function pageHeaders(html: string): Record<string, string> {
  const scripts = ["'self'", ...hashes(html, INLINE_SCRIPT)].join(" ");
  const styles = ["'self'", ...hashes(html, INLINE_STYLE)].join(" ");
  return {
    "content-security-policy":
      `default-src 'none'; script-src ${scripts}; style-src ${styles}; img-src 'self' data:; font-src 'self'; ` +
      "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "x-frame-options": "DENY",
  };
}

function hashes(html: string, pattern: RegExp): string[] {
  return Array.from(html.matchAll(pattern), ([, text = ""]) => {
    return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
  });
}
