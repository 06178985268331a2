/** How an agent presents itself to other agents, on the native wire and back. Its bounds are those of the definition itself. */
import { z } from "zod";
import {
  type AgentCard,
  agentCard,
  CARD_LIST_LENGTH_MAX,
  extendedCard,
  type Skill,
  skill,
} from "../../task/agent/agent-card.ts";

const of = agentCard.shape;

const wireSkill = z.strictObject({
  id: skill.shape.id,
  name: skill.shape.name,
  description: skill.shape.description,
  tags: skill.shape.tags,
  examples: skill.shape.examples,
  input_modes: skill.shape.inputModes,
  output_modes: skill.shape.outputModes,
});
type WireSkill = z.infer<typeof wireSkill>;
const wireSkills = z.array(wireSkill).min(1).max(CARD_LIST_LENGTH_MAX);

export const card = z.strictObject({
  version: of.version.describe("Of the agent, as you count; how often it was changed when absent."),
  skills: wireSkills.optional().describe("One, of its name and description, when absent."),
  input_modes: of.inputModes.describe("Media types that it takes; messages with others are refused."),
  output_modes: of.outputModes,
  provider: of.provider,
  documentation_url: of.documentationUrl,
  icon_url: of.iconUrl,
  extensions: of.extensions.describe("Callers that do not name a required one are refused."),
  push: of.push.describe("False: callers who want to be told of its tasks by push are refused."),
  extended: z
    .union([
      z.literal(false),
      z.strictObject({ description: extendedCard.shape.description, skills: wireSkills.optional() }),
    ])
    .optional()
    .describe("What only callers with a key are told; false for no such card."),
});
type WireCard = z.infer<typeof card>;

export function wireCard({ skills, inputModes, outputModes, documentationUrl, iconUrl, ...card }: AgentCard): WireCard {
  const { extended, ...same } = card;
  return present({
    ...same,
    skills: skills?.map(wireSkillOf),
    input_modes: inputModes,
    output_modes: outputModes,
    documentation_url: documentationUrl,
    icon_url: iconUrl,
    extended: extended && present({ ...extended, skills: extended.skills?.map(wireSkillOf) }),
  });
}

function wireSkillOf({ inputModes, outputModes, ...skill }: Skill): WireSkill {
  return present({ ...skill, input_modes: inputModes, output_modes: outputModes });
}

export function cardOf({ skills, extended, ...given }: WireCard): AgentCard {
  const { input_modes, output_modes, documentation_url, icon_url, ...same } = given;
  return present({
    ...same,
    skills: skills?.map(skillOf),
    inputModes: input_modes,
    outputModes: output_modes,
    documentationUrl: documentation_url,
    iconUrl: icon_url,
    extended: extended && present({ ...extended, skills: extended.skills?.map(skillOf) }),
  });
}

function skillOf({ input_modes, output_modes, ...skill }: WireSkill): Skill {
  return present({ ...skill, inputModes: input_modes, outputModes: output_modes });
}

/** Without what is absent. */
function present<Shape extends object>(shape: Shape): Shape {
  for (const [name, value] of Object.entries(shape)) if (value === undefined) Reflect.deleteProperty(shape, name);
  return shape;
}
