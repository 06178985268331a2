/** Files that a client has uploaded and names in the context of a run, which then has them as attachments. */
import { z } from "zod";
import { Refusal } from "../../../task/errors.ts";
import { foundWrong } from "../../../task/json/found-wrong.ts";
import type { JsonObject } from "../../../task/json/json.ts";
import type { Part } from "../../../task/part.ts";
import type { Principal } from "../../../task/principal.ts";
import type { Verbs } from "../../../verbs/verbs.ts";
import { foundAs } from "../errors.ts";

const FILES_MAX = 20;
/** What an agent is asked by files alone. */
export const FILES_ONLY = "[The user sent files]";

const context = z.looseObject({
  data: z.array(z.looseObject({ files: z.array(z.looseObject({ id: z.unknown().optional() })).optional() })),
});

/** Throws `not_found` for a file that there is not, `invalid` for one that was not uploaded here, or not read in yet. */
export async function attachedFiles(
  { principal, verbs }: { principal: Principal; verbs: Verbs },
  given: JsonObject | null,
): Promise<Part[]> {
  const parsed = foundWrong(context, given);
  const named = parsed.success ? parsed.data.data.flatMap(({ files = [] }) => files) : [];
  if (named.length > FILES_MAX) throw refused(`a run takes at most ${FILES_MAX} files`);
  const parts: Part[] = [];
  for (const { id } of named) {
    if (typeof id !== "string") throw refused("a file is named by the id that its upload was answered with");
    const { filename, mediaType, sha256, bytes } = await foundAs("File", verbs.documents.get(principal, id));
    if (sha256 === null) throw refused("the file is not here yet");
    parts.push({ file: { kept: sha256, size: bytes }, name: filename, mediaType: mediaType.slice(0, 127) });
  }
  return parts;
}

function refused(why: string): Refusal {
  return new Refusal("invalid", why, { field: "context.data" });
}
