import { evaluate, expressionIn } from "../arithmetic.ts";
import { type Skill, say, type ToolSort, withTool } from "../skill.ts";

const calculator: ToolSort = {
  name: /calc|arithmetic|math|evaluat/i,
  roles: { expression: /^(?:expression|formula|equation|input|query|calculation|problem)$/i },
  needs: ["expression"],
};

/** "What is 17 × 23?" */
export const calculation: Skill = (part, conversation) => {
  const expression = expressionIn(part);
  if (expression === undefined) return undefined;
  return withTool(
    conversation,
    calculator,
    { expression },
    (output) => (output.includes("=") ? output : `${expression} = ${output}`),
    () => {
      const result = evaluate(expression);
      return say(result.ok ? `${expression} = ${result.text}` : `${expression} cannot be computed: ${result.reason}.`);
    },
  );
};
