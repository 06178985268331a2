import { evaluate, expressionIn } from "../../../reference/arithmetic.ts";
import { type Skill, say, type ToolSort, withTool } from "../skill.ts";

const calculator: ToolSort = {
  name: /calc|arithmetic|math|evaluat/i,
  roles: { expression: /^(?:expression|formula|equation|input|query|calculation|problem)$/i },
  needs: ["expression"],
};

/** "What is 17 × 23?" */
export const calculation: Skill = (part, conversation) => {
  const expression = expressionIn(part);
  if (expression === undefined) return primality(part);
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

/** Trial division takes a million steps at the most. */
const testedMax = 1e12;

/** "Is 91 prime?" */
function primality(part: string): ReturnType<Skill> {
  const digits = /\bis (\d[\d,]{0,20}) (?:an? )?prime(?: number)?\b/i
    .exec(part.slice(0, 200))?.[1]
    ?.replaceAll(",", "");
  const number = Number(digits);
  if (digits === undefined || number > testedMax) return undefined;
  const divisor = smallestDivisor(number);
  if (number < 2) return say(`No, ${number} is not prime.`);
  return say(
    divisor === number
      ? `Yes, ${number} is prime.`
      : `No, ${number} is not prime: it is ${divisor} × ${number / divisor}.`,
  );
}

function smallestDivisor(number: number): number {
  for (let divisor = 2; divisor * divisor <= number; divisor += 1) if (number % divisor === 0) return divisor;
  return number;
}
