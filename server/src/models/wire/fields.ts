/** Fields in the types of their protocol, made from what servers send. */

export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A single object is a list of one. */
export function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return isFields(value) ? [value] : [];
}

/** A number or a boolean as text; null for a value without a text. */
export function textOf(value: unknown): string | null {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : null;
}

/** A number, also one written as text; null for any other value. */
export function countOf(value: unknown): number | null {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : null;
}

/** The arguments of a call as JSON text; an object is written as one. */
export function argumentsOf(value: unknown): string | null {
  return typeof value === "object" && value !== null ? JSON.stringify(value) : textOf(value);
}

/** The text of content that is a text, one part or several. */
export function contentText(value: unknown): string {
  if (typeof value === "string") return value;
  return listOf(value)
    .map((part) => (isFields(part) ? (textOf(part["text"]) ?? textOf(part["refusal"]) ?? "") : (textOf(part) ?? "")))
    .join("");
}
