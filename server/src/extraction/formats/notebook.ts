/**
 * A notebook (Jupyter): its texts as they are, its code in its language, and what came of that: a table, else text, else
 * the error. Pictures are left out.
 */
import { type Block, written } from "../markdown.ts";
import { isNeverShown } from "./html/article.ts";
import { blocksOf } from "./html/blocks.ts";
import { parseHtml } from "./html/parse.ts";

type Members = Readonly<Record<string, unknown>>;

export function notebookMarkdown(notebook: Members): string {
  const language = text(member(member(notebook, "metadata", "kernelspec"), "language")) || "python";
  const cells = list(notebook["cells"]).flatMap((cell): string[] => {
    const source = text(cell["source"]);
    if (cell["cell_type"] !== "code") return [source.trim()];
    return [written([{ kind: "code", text: source, language }, ...list(cell["outputs"]).flatMap(outputBlocks)])];
  });
  return cells.filter((cell) => cell !== "").join("\n\n");
}

/** The first heading, wherever it stands. */
export function notebookTitle(markdown: string): string | null {
  return /^# +(.+)$/m.exec(markdown)?.[1]?.trim() ?? null;
}

function outputBlocks(output: Members): Block[] {
  const html = text(member(output["data"], "text/html"));
  if (/<table/i.test(html)) return blocksOf(parseHtml(html), { isLeftOut: isNeverShown });
  const error = [text(output["ename"]), text(output["evalue"])].filter((part) => part !== "").join(": ");
  const said =
    text(output["text"]) || text(member(output["data"], "text/markdown")) || text(member(output["data"], "text/plain"));
  return [{ kind: "code", text: said || error, language: "" }];
}

/** Texts are one piece, or a piece a line. */
function text(value: unknown): string {
  if (Array.isArray(value)) return value.filter((line) => typeof line === "string").join("");
  return typeof value === "string" ? value : "";
}

function list(value: unknown): Members[] {
  return Array.isArray(value) ? value.filter(isMembers) : [];
}

function member(value: unknown, ...names: string[]): unknown {
  return names.reduce((inside: unknown, name) => (isMembers(inside) ? inside[name] : undefined), value);
}

function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
