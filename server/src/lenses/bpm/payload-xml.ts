/**
 * A payload as XML, a convenience for clients that have nothing else: the root `payload`, an element for each key, an
 * element that comes again for each item of a list.
 */
import type { Json } from "../../task/json.ts";

export const XML_TYPE = "application/xml; charset=utf-8";

/** XML is the only thing that the client takes. */
export function wantsXml(accept: string | undefined): boolean {
  const types = (accept ?? "").split(",").map((type) => type.split(";", 1)[0]?.trim().toLowerCase());
  return types.every((type) => type === "application/xml" || type === "text/xml");
}

export function payloadXml(value: Json): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<payload>${value === null ? "" : content(value)}</payload>`;
}

function element(name: string, value: Json): string {
  if (Array.isArray(value)) return value.map((item) => element(name, item)).join("");
  return value === null ? `<${name}/>` : `<${name}>${content(value)}</${name}>`;
}

function content(value: Exclude<Json, null>): string {
  if (typeof value !== "object") return escaped(String(value));
  if (Array.isArray(value)) return value.map((item) => element("item", item)).join("");
  return Object.entries(value)
    .map(([key, item]) => (item === undefined ? "" : element(elementName(key), item)))
    .join("");
}

/** A key as the name of an element: what no name may hold is an underscore. */
function elementName(key: string): string {
  const name = key.replaceAll(/[^\p{L}\p{N}_.-]/gu, "_");
  return /^[\p{L}_]/u.test(name) ? name : `_${name}`;
}

/** What XML cannot hold is left out. */
function escaped(text: string): string {
  return text
    .replaceAll(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, "")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}
