/** Plain text in any charset: its paragraphs are its structure. A program is code, below what it says of itself at its head. */
import { extname } from "node:path";
import { type Block, escaped, written } from "../markdown.ts";
import { inSections } from "../sections.ts";
import { decodedText } from "./decoded.ts";
import { type FormatReader, NO_FACTS } from "./format.ts";

const CODE = new Set(
  "bash c cc cpp cs css go h hpp java js jsx kt lua mjs php pl py r rb rs scala scss sh sql swift ts tsx".split(" "),
);
const HEAD_CHARACTERS_MAX = 8_000;
/** A comment, or a text in three quotation marks, before anything else. */
const HEAD =
  /^(#![^\n]*\n)?\s*(?:("""|''')([\s\S]+?)\2|\/\*+([\s\S]+?)\*\/|((?:[ \t]*(?:#(?!include)|\/\/|--)[^\n]*(?:\n|$))+))/;

export const readText: FormatReader = (source, { limits }) => {
  const { text, encoding } = decodedText(source, limits);
  const language = extname(source.filename).slice(1).toLowerCase();
  const markdown = CODE.has(language) ? written(programBlocks(text.replaceAll("\r\n", "\n"), language)) : text;
  return inSections(markdown, { ...NO_FACTS, encoding }, limits);
};

function programBlocks(program: string, language: string): Block[] {
  const [whole = "", start = "", , ...said] = HEAD.exec(program.slice(0, HEAD_CHARACTERS_MAX)) ?? [];
  const head = (said.find((text) => text !== undefined) ?? "").replaceAll(/^[ \t]*(?:\*|#+|\/\/+|--)[ \t]?/gm, "");
  const paragraphs = head
    .split(/\n\s*\n/)
    .map((text): Block => ({ kind: "paragraph", text: text.split("\n").map(escaped).join("\n") }));
  return [...paragraphs, { kind: "code", language, text: start + program.slice(whole.length).replace(/^\n+/, "") }];
}
