/** The outputs of a task: its artifacts, and behind them what its handler returned. */
import { agentOutputOf } from "../../../task/agent.ts";
import { closingWordsOf } from "../../../task/agent-message.ts";
import type { Artifact } from "../../../task/artifact.ts";
import type { Json } from "../../../task/json.ts";
import type { Part } from "../../../task/part.ts";
import type { Task } from "../../../task/task.ts";
import type { ArtifactView } from "../model/view.ts";

/** Of the artifact that is what a task returned. */
export const RESULT_ID = "result";

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

/** None of what is nothing, or words: those are said with the status. */
export function resultParts(output: Json): Part[] {
  const said = agentOutputOf(output);
  if (said !== null) return [{ text: said.text }];
  if (output === null || output === "" || closingWordsOf(output) !== null) return [];
  return [typeof output === "string" ? { text: output } : { data: output }];
}
