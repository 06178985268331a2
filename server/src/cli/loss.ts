/** What a person is told of what is lost. */
import type { Lost, MissingFile } from "../store/open.ts";

export function lossSentence({ sha256, holds }: MissingFile): string {
  return `Lost with file ${sha256}: ${holds.join(", ")}.`;
}

export function lostSentence({ table, rows, pages }: Lost): string {
  const those = [...(rows > 0 ? [String(rows)] : []), ...(pages ? ["those of damaged pages"] : [])].join(" and ");
  return `Rows of ${table} that could not be read are not in it: ${those}.`;
}
