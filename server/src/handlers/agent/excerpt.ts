/** `text` in one line of at most `charsMax` characters, for a status or a title. */
export function shortened(text: string, charsMax: number): string {
  const line = head(text, charsMax * 4)
    .replace(/\s+/g, " ")
    .trim();
  return line.length <= charsMax ? line : `${head(line, charsMax - 1)}…`;
}

/** At most `charsMax` characters of `text`, the beginning of a text of `length`; a cut text ends in a note that says so. */
export function excerpt(text: string, charsMax: number, length = text.length): string {
  if (length <= charsMax) return text;
  return `${head(text, charsMax)}\n[Cut: ${charsMax} of ${length} characters are shown.]`;
}

/** Never ends in half a surrogate pair, which JSON and SQL would both damage. */
function head(text: string, charsMax: number): string {
  const cut = text.slice(0, charsMax);
  return cut.isWellFormed() ? cut : cut.slice(0, -1).toWellFormed();
}
