/** JSON of one line for all readers: some end lines at characters that JSON leaves as they are. */
export function oneLine(json: string): string {
  return json.replace(/[\u0085\u2028\u2029]/g, (end) => `\\u${end.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
