/**
 * How a row names a value that is kept in the files: `@<sha256>:<bytes>`, then a line with the beginning of its JSON.
 * No JSON begins with an at sign, so nothing that a user sends can pass for a marker.
 */
export const PREVIEW_CHARACTERS = 1_000;

const MARKER = /^@([0-9a-f]{64}):(\d+)\n/;

export type Marker = { sha256: string; bytes: number; preview: string };

export function markerText(sha256: string, bytes: number, json: string): string {
  return `@${sha256}:${bytes}\n${json.slice(0, PREVIEW_CHARACTERS)}`;
}

/** Of the value that a row's text is, or names. */
export function storedBytes(stored: string): number {
  return readMarker(stored)?.bytes ?? Buffer.byteLength(stored);
}

/** Null when the text is the value itself. */
export function readMarker(stored: string): Marker | null {
  const [marker, sha256, bytes] = MARKER.exec(stored) ?? [];
  if (marker === undefined || sha256 === undefined) return null;
  return { sha256, bytes: Number(bytes), preview: stored.slice(marker.length) };
}
