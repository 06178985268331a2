/**
 * The canonical form of a card, which is what is signed: RFC 8785, without signatures, and without what is empty or as the
 * protocol's schema has it by default. For 0.3 the protocol says nothing of it: there it is as the client that verifies such
 * cards, the SDK for Python, writes them, in ASCII.
 */
import type { Json, JsonObject } from "../../../task/json/json.ts";

/** What the schema of 0.3 says where a card does not. */
const DEFAULTS: Readonly<Record<string, Json>> = { protocolVersion: "0.3.0", preferredTransport: "JSONRPC" };

/** Of 1.0. A switch of an extension that is off is as the schema has it. */
export function newForm({ signatures: _, capabilities, ...card }: JsonObject): string {
  const { extensions, ...can } = isObject(capabilities) ? capabilities : {};
  const all = Array.isArray(extensions) ? extensions.map(withoutFalse) : [];
  return JSON.stringify(sorted({ ...card, capabilities: { ...can, extensions: all } })) ?? "{}";
}

function withoutFalse(extension: Json): Json {
  if (!isObject(extension)) return extension;
  const { required, ...rest } = extension;
  return required === true ? extension : rest;
}

export function oldForm({ signatures: _, securitySchemes, ...card }: JsonObject): string {
  const own = Object.entries(card).filter(([name, value]) => DEFAULTS[name] !== value);
  const schemes = Object.entries(isObject(securitySchemes) ? securitySchemes : {});
  const form = { ...Object.fromEntries(own), securitySchemes: Object.fromEntries(schemes.map(withoutType)) };
  return ascii(JSON.stringify(sorted(form)) ?? "{}");
}

/** Of each kind of scheme the schema knows its type. */
function withoutType([name, scheme]: [string, Json | undefined]): [string, Json | undefined] {
  if (!isObject(scheme)) return [name, scheme];
  const { type: _, ...rest } = scheme;
  return [name, rest];
}

/** By the names of members; undefined for what has nothing in it. */
function sorted(value: Json | undefined): Json | undefined {
  if (Array.isArray(value)) {
    const kept = value.map(sorted).filter((item) => item !== undefined);
    return kept.length > 0 ? kept : undefined;
  }
  if (isObject(value)) {
    const kept = Object.entries(value).flatMap(([name, member]) => {
      const own = sorted(member);
      return own === undefined ? [] : [[name, own] as const];
    });
    return kept.length > 0 ? Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1))) : undefined;
  }
  return value === "" || value === null ? undefined : value;
}

function ascii(text: string): string {
  return text.replaceAll(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
