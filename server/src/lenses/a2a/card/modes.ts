/** The media types that an agent takes and gives. */
import type { AgentDefinition } from "../../../task/agent/agent.ts";

/** What a model can be handed: text in any of its forms, pictures, PDFs. */
const INPUT = [
  "text/plain",
  "application/json",
  "text/*",
  "application/xml",
  "application/yaml",
  "application/pdf",
  "image/png",
  "image/jpeg",
  "image/gif",
  "image/webp",
];
const OUTPUT = ["text/plain", "application/json"];

export function modesOf({ card }: Pick<AgentDefinition, "card">): {
  input: readonly string[];
  output: readonly string[];
} {
  return { input: card?.inputModes ?? INPUT, output: card?.outputModes ?? OUTPUT };
}

/**
 * Whether a caller who takes these types takes any that the agent gives. An agent that does not name its own is not held to
 * them: what it gives follows from what it is asked.
 */
export function isGiven({ card }: Pick<AgentDefinition, "card">, taken: readonly string[]): boolean {
  const given = card?.outputModes;
  if (given === undefined || taken.length === 0) return true;
  return given.some((type) => isTaken(type, taken)) || taken.some((type) => isTaken(type, given));
}

/** Whether a type is one of these, some of which may be `text/*` or `*` + `/*`. */
export function isTaken(type: string, modes: readonly string[]): boolean {
  const plain = (type.split(";", 1)[0] ?? "").trim().toLowerCase();
  const [family] = plain.split("/", 1);
  return modes.some((mode) => {
    const wanted = mode.toLowerCase();
    return wanted === plain || wanted === "*/*" || wanted === "*" || wanted === `${family}/*`;
  });
}
