/** What a person is told of a file that is missing. */
import type { MissingFile } from "../store/open.ts";

export function lossSentence({ sha256, holds }: MissingFile): string {
  return `Lost with file ${sha256}: ${holds.join(", ")}.`;
}
