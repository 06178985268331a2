// Where the programs stand on the page, and how their lost indentation is restored. The page itself is not ours to keep:
// here are only line numbers and levels.
import { createHash } from "node:crypto";

/** Of the text that the line numbers were taken from. */
const PAGE_SHA256 = "617a614853f261ea65245ceeebd25cd86a20ba47e83679af63fc696398134dd1";

/** Ids that the page prints where a reader puts an own one. */
const PRINTED_ID = /\btask_(?:abc123|[1-5]|01HQZX3Y9K8M2P4N5S7T9W2V)\b/g;

/**
 * `from` and `to` are the first and the last line. `levels` (Python) gives the level of every line that neither goes on
 * at the level before it nor opens the block of a colon. `needs` names programs that come before it on the page and
 * whose names it uses.
 */
export const PROGRAMS = {
  curl: { language: "bash", from: 71, to: 72 },
  "python status": { language: "python", from: 144, to: 158, levels: { 153: 1, 154: 0 } },
  "python poll": {
    language: "python",
    from: 160,
    to: 191,
    levels: { 172: 2, 175: 2, 177: 2, 179: 2, 181: 2, 184: 2, 186: 0, 190: 0 },
  },
  "javascript status": { language: "javascript", from: 193, to: 221 },
  "javascript poll": { language: "javascript", from: 223, to: 250 },
  "go poll": { language: "go", from: 251, to: 312 },
  "bash monitor": { language: "bash", from: 314, to: 355 },
  "python submit and wait": { language: "python", from: 358, to: 383, levels: { 379: 2, 381: 2, 382: 0 } },
  "python summary": { language: "python", from: 384, to: 400, levels: { 398: 0 } },
  "python batch": { language: "python", from: 402, to: 420, levels: { 413: 2, 415: 1, 416: 0 } },
  "python every state": {
    language: "python",
    needs: "python status",
    from: 436,
    to: 450,
    levels: { 440: 1, 442: 1, 445: 1, 447: 1, 449: 1 },
  },
  "python backoff": { language: "python", needs: "python status", from: 452, to: 461, levels: { 460: 2 } },
  "python cache": { language: "python", needs: "python status", from: 463, to: 471, levels: { 469: 0 } },
  "python metadata": { language: "python", needs: "python status", from: 472, to: 484, levels: {} },
};

/** The program as the page prints it, with these task ids in place of its own. */
export function programOf(page, name, ids) {
  const { language, from, to, levels } = PROGRAMS[name];
  const lines = page.split("\n").slice(from - 1, to);
  const text = (language === "python" ? indented(lines, from, levels) : lines).join("\n");
  const given = ids.values();
  return `${text.replaceAll(PRINTED_ID, () => given.next().value ?? ids.at(-1))}\n`;
}

export function checkPage(page) {
  const hash = createHash("sha256").update(page).digest("hex");
  if (hash !== PAGE_SHA256) throw new Error(`the page is another one: SHA-256 ${hash}`);
}

function indented(lines, from, levels) {
  let level = 0;
  let brackets = 0;
  let opens = false;
  return lines.map((line, at) => {
    if (brackets === 0) level = levels[from + at] ?? level + (opens ? 1 : 0);
    const code = withoutTexts(line);
    const indent = "    ".repeat(brackets > 0 ? level + 1 : level);
    brackets += count(code, /[([{]/g) - count(code, /[)\]}]/g);
    opens = brackets === 0 && code.trimEnd().endsWith(":");
    return indent + line;
  });
}

/** Without string literals and comments, whose brackets and colons are none. */
function withoutTexts(line) {
  return line.replaceAll(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, '""').replace(/#.*$/, "");
}

function count(text, pattern) {
  return [...text.matchAll(pattern)].length;
}
