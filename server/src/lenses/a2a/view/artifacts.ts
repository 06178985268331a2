/** The outputs of a task: its artifacts, and behind them what its handler returned. */
import type { Artifact } from "../../../task/artifact.ts";
import { RESULT_ID, resultParts } from "../../../task/result.ts";
import type { Task } from "../../../task/task.ts";
import type { ArtifactView } from "../model/view.ts";

export function artifactView({ id, name, description, parts, metadata }: Omit<Artifact, "complete">): ArtifactView {
  return {
    artifactId: id,
    ...(name !== null && { name }),
    ...(description !== null && { description }),
    parts,
    ...(Object.keys(metadata).length > 0 && { metadata }),
  };
}

/** What the task returned; null when that is nothing, or is not there yet. */
export function resultOf(task: Task): ArtifactView | null {
  if (task.state !== "completed") return null;
  const parts = resultParts(task.output);
  return parts.length === 0 ? null : { artifactId: RESULT_ID, name: RESULT_ID, parts };
}
