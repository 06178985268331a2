import { conversionIn, convertUnits } from "../../../reference/units.ts";
import { type Skill, say, type ToolSort, withTool } from "../skill.ts";

const unitConverter: ToolSort = {
  name: /unit|convert|conversion/i,
  roles: {
    value: /^(?:value|amount|quantity|number|from_?value)$/i,
    from: /^(?:from|from_?units?|source|source_?unit|unit_?from|input_?unit)$/i,
    to: /^(?:to|to_?units?|target|target_?unit|unit_?to|output_?unit)$/i,
  },
  needs: ["value", "from", "to"],
};

/** "How many feet are in a mile?" */
export const conversion: Skill = (part, conversation) => {
  const asked = conversionIn(part);
  if (asked === undefined) return undefined;
  const { value, from, to } = asked;
  return withTool(
    conversation,
    unitConverter,
    { value, from, to },
    (output) => (/[a-z]/i.test(output) ? ended(output) : `${value} ${from} = ${output} ${to}.`),
    () => {
      const result = convertUnits(value, from, to);
      return say(result.ok ? `${result.text}.` : `I cannot convert that: ${result.reason}.`);
    },
  );
};

function ended(sentence: string): string {
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}
