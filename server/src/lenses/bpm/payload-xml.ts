/**
 * A payload as XML, for clients that have nothing else: the root `payload`, an element for each key, a repeated element for each item
 * of a list. XML has no types: a text in JSON's form of a number or a boolean is one, a self-closed element is null, and a repeated
 * element is a list.
 */
import { Readable } from "node:stream";
import { SaxesParser } from "saxes";
import { Refusal } from "../../task/errors.ts";
import type { Json } from "../../task/json/json.ts";
import { piecesOf, slicesOf } from "../../task/json/json-pieces.ts";
import { inTurns, isLong } from "../body/json-body.ts";

export const XML_TYPE = "application/xml; charset=utf-8";
const ROOT = "payload";
/** A payload has 64 KB as JSON, and XML is wordier. */
const CHARACTERS_MAX = 1 << 20;
const DEPTH_MAX = 100;

/** Whether the client accepts XML only. */
export function wantsXml(accept: string | undefined): boolean {
  return (accept ?? "").split(",").every(isXmlType);
}

/** `type` is a media type, with its parameters or without. */
export function isXmlType(type: string): boolean {
  const name = type.split(";", 1)[0]?.trim().toLowerCase();
  return name === "application/xml" || name === "text/xml";
}

type Open = { name: string; text: string; fields: Map<string, Json[]> };

/** Throws `invalid` for other XML, also with entities of its own; `too_large`. */
export function payloadFromXml(xml: string): Json {
  if (xml.length > CHARACTERS_MAX)
    throw new Refusal("too_large", `XML of a payload has at most ${CHARACTERS_MAX} characters.`);
  const parser = new SaxesParser<{ xmlns: false; position: false }>({ xmlns: false, position: false });
  const open: Open[] = [];
  let root: Json | undefined;
  parser.on("error", ({ message }) => {
    throw noXml(message.slice(0, 200));
  });
  parser.on("opentag", ({ name }) => {
    if (open.length === 0 && name !== ROOT) throw noXml(`The root element is ${ROOT}.`);
    if (open.length === DEPTH_MAX) throw noXml(`Elements are nested at most ${DEPTH_MAX} deep.`);
    open.push({ name, text: "", fields: new Map() });
  });
  const heard = (text: string) => {
    const element = open.at(-1);
    if (element) element.text += text;
  };
  parser.on("text", heard);
  parser.on("cdata", heard);
  parser.on("closetag", ({ isSelfClosing }) => {
    const element = open.pop();
    if (element === undefined) return;
    const value = isSelfClosing ? null : contentOf(element);
    const above = open.at(-1);
    if (above === undefined) root = value;
    else above.fields.set(element.name, [...(above.fields.get(element.name) ?? []), value]);
  });
  parser.write(xml).close();
  // A root without elements is a payload without keys.
  return typeof root === "object" && root !== null ? root : {};
}

function contentOf({ name, text, fields }: Open): Json {
  if (fields.size === 0) return leaf(text);
  if (text.trim() !== "") throw noXml(`${name} holds text beside its elements.`);
  return Object.fromEntries(
    [...fields].map(([key, values]) => [key, values.length === 1 ? (values[0] ?? null) : values]),
  );
}

function leaf(text: string): Json {
  if (text === "true" || text === "false") return text === "true";
  const number = Number(text);
  return Number.isFinite(number) && String(number) === text ? number : text;
}

function noXml(why: string): Refusal {
  return new Refusal("invalid", `The body is no XML of a payload: ${why}`);
}

/** A long one is made in pieces, each in a turn of its own of the event loop. */
export function payloadXml(value: Json): string | Readable {
  const pieces = piecesOf(document(value));
  return isLong(value) ? Readable.from(inTurns(pieces), { objectMode: false }) : [...pieces].join("");
}

function* document(value: Json): Generator<string> {
  yield `<?xml version="1.0" encoding="UTF-8"?>\n<${ROOT}>`;
  if (value !== null) yield* content(value);
  yield `</${ROOT}>`;
}

function* element(name: string, value: Json): Generator<string> {
  if (Array.isArray(value)) for (const item of value) yield* element(name, item);
  else if (value === null) yield `<${name}/>`;
  else {
    yield `<${name}>`;
    yield* content(value);
    yield `</${name}>`;
  }
}

function* content(value: Exclude<Json, null>): Generator<string> {
  if (typeof value !== "object") for (const slice of slicesOf(String(value))) yield escaped(slice);
  else if (Array.isArray(value)) for (const item of value) yield* element("item", item);
  else for (const [key, item] of Object.entries(value)) if (item !== undefined) yield* element(elementName(key), item);
}

/** A key as the name of an element: forbidden characters become underscores. */
function elementName(key: string): string {
  const name = key.replaceAll(/[^\p{L}\p{N}_.-]/gu, "_");
  return /^[\p{L}_]/u.test(name) ? name : `_${name}`;
}

/** Characters that XML cannot hold are left out. */
function escaped(text: string): string {
  return text
    .replaceAll(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, "")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}
