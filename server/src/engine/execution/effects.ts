/** What a handler's calls record, checked as it comes from the handler's code: artifacts, progress. */
import type { z } from "zod";
import { artifactUpdate } from "../../task/artifact.ts";
import type { PartialWrite } from "./attempt-port.ts";

/** The artifact, and the event that tells of it. */
export function artifactWrite(update: z.input<typeof artifactUpdate>): PartialWrite {
  const artifact = artifactUpdate.parse(update);
  const { append, last } = artifact;
  return {
    artifacts: [artifact],
    record: { events: [{ type: "artifact.updated", data: { artifact, append, last } }] },
  };
}

export function clampFraction(fraction: number): number {
  return Number.isFinite(fraction) ? Math.min(1, Math.max(0, fraction)) : 0;
}
