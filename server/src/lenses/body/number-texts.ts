/**
 * Numbers at the top of a JSON body that JavaScript rounds, as they were written: the id of a JSON-RPC request goes back as it came.
 * They are kept beside the parsed body, which holds the rounded ones.
 */
declare global {
  // Of ECMAScript's JSON.parse source text access, which TypeScript's own declarations do not have yet.
  interface JSON {
    rawJSON(text: string): { readonly rawJSON: string };
  }
}

export type NumberTexts = ReadonlyMap<string, string>;

const kept = new WeakMap<object, NumberTexts>();

/** Of a body that was parsed from `text`. Null if nothing is rounded, which costs a look at each member only. */
export function numberTextsIn(body: unknown, text: string): NumberTexts | null {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return null;
  if (!Object.values(body).some(isRounded)) return null;
  const sources = new Map<object, Map<string, string>>();
  let top: NumberTexts | undefined;
  JSON.parse(text, function (this: object, key: string, value: unknown, ...[context]: { source?: string }[]) {
    if (isRounded(value) && context?.source !== undefined) {
      const ofHolder = sources.get(this) ?? new Map<string, string>();
      sources.set(this, ofHolder.set(key, context.source));
    }
    // The last call is for the document itself.
    if (typeof value === "object" && value !== null) top = sources.get(value);
    return value;
  });
  return top ?? null;
}

export function keepNumberTexts(body: unknown, texts: NumberTexts | null): void {
  if (texts !== null && typeof body === "object" && body !== null) kept.set(body, texts);
}

/** By name. Null if nothing is rounded. */
export function numberTextsOf(body: unknown): NumberTexts | null {
  return (typeof body === "object" && body !== null && kept.get(body)) || null;
}

function isRounded(value: unknown): boolean {
  return (
    typeof value === "number" && !Number.isSafeInteger(value) && (Number.isInteger(value) || !Number.isFinite(value))
  );
}
