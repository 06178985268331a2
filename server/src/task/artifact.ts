import { z } from "zod";
import { jsonObject } from "./json/json.ts";
import { part } from "./part.ts";

/** An output of a task. `append` adds parts to what is there; `last` says that no more will come. */
export const artifactUpdate = z.strictObject({
  id: z.string().min(1).max(128),
  name: z.string().max(255).optional(),
  description: z.string().max(2000).optional(),
  parts: z.array(part).max(1000),
  metadata: jsonObject.optional(),
  append: z.boolean().default(false),
  last: z.boolean().default(true),
});
export type ArtifactUpdate = z.infer<typeof artifactUpdate>;
export type ArtifactSize = { id: string; bytes: number };

export type Artifact = {
  id: string;
  name: string | null;
  description: string | null;
  parts: ArtifactUpdate["parts"];
  metadata: z.infer<typeof jsonObject>;
  complete: boolean;
};

/** What an update makes of an artifact. */
export function updated(known: Artifact | undefined, update: ArtifactUpdate): Artifact {
  const base = update.append ? known : undefined;
  return {
    id: update.id,
    name: update.name ?? base?.name ?? null,
    description: update.description ?? base?.description ?? null,
    parts: [...(base?.parts ?? []), ...update.parts],
    metadata: { ...base?.metadata, ...update.metadata },
    complete: update.last,
  };
}

/** What these updates make, in the order in which the artifacts began; one that is written anew begins again. */
export function artifactsOf(updates: readonly ArtifactUpdate[]): Artifact[] {
  const found = new Map<string, Artifact>();
  for (const update of updates) {
    const known = found.get(update.id);
    if (!update.append) found.delete(update.id);
    found.set(update.id, updated(known, update));
  }
  return [...found.values()];
}
