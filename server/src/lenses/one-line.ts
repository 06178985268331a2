import { piecesInTurns } from "./body/json-body.ts";

/** JSON of one line for all readers: some end lines at characters that JSON leaves as they are. */
export function oneLine(json: string): string {
  return json.replace(/[\u0085\u2028\u2029]/g, (end) => `\\u${end.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** The same of the JSON of a long value, made in turns. */
export async function* oneLineInTurns(value: unknown): AsyncIterable<string> {
  for await (const piece of piecesInTurns(value)) yield oneLine(piece);
}
