/**
 * What a task has come to, as the parts that outsiders are shown where outputs are artifacts: the artifact `result`, behind
 * those that its handler has made.
 */
import { agentOutputOf } from "./agent/agent.ts";
import { closingWordsOf } from "./agent/agent-message.ts";
import type { Json } from "./json/json.ts";
import type { Part } from "./part.ts";

/** The id and the name of that artifact. */
export const RESULT_ID = "result";

/** None of what is nothing. The words with which an agent has ended its task are no output either: they are said. */
export function resultParts(output: Json): Part[] {
  const said = agentOutputOf(output);
  if (said !== null) return [{ text: said.text }];
  if (output === null || output === "" || closingWordsOf(output) !== null) return [];
  return [typeof output === "string" ? { text: output } : { data: output }];
}
