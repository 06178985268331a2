import { evaluate, inSymbols } from "../../../reference/arithmetic.ts";
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

/** The arithmetic in a sentence, written in symbols; undefined if there is none. A lone number is none. */
export function expressionIn(sentence: string): string | undefined {
  if (sentence.length > sentenceCharsMax) return undefined;
  const bare = sentence
    .trim()
    .replace(/(?:[?.\s]|(?<![\d)\s])!)+$/, "")
    .replace(opening, "")
    .replace(/^(?:the )?(?:result|value|answer|sum|product|quotient|difference) of (?=.*[-+*/×÷^%(])/i, "")
    .replace(/\s*(?:=|equals?|is|makes?|come to|give)\s*(?:what)?$/i, "")
    .replace(/[$€£]\s?(?=\d)/g, "")
    .replace(/(\d)\s*(?:dollars?|euros?|pounds?|usd|eur|gbp)\b/gi, "$1");
  const symbols = inSymbols(bare);
  if (
    !/[-+*/^%!]|\b(?:sqrt|cbrt|root|log|ln|sin|cos|tan|abs|min|max|gcd|lcm|mean|sum|round|floor|ceil|exp)\b/.test(
      symbols,
    )
  )
    return undefined;
  if (/^\d{4}-\d{1,2}-\d{1,2}$/.test(symbols.trim())) return undefined;
  const result = evaluate(symbols);
  return result.ok || result.isArithmetic ? symbols : undefined;
}

const sentenceCharsMax = 1_000;
const opening =
  /^(?:(?:please|hey|hi|hello|so|ok|okay|now|and|then|can you|could you|would you|tell me|i need|i want|(?:i need |please )?help(?: me)? with)[\s,:]+){0,6}(?:(?:what(?:'s|’s| is| are| does| do| would be)?|how (?:much|many)(?: is| are| does)?|calculate|compute|evaluate|solve|work out|figure out|find|give me|add up|do the math(?: on| for)?)[\s:]+){0,3}(?:the (?:result|value|answer) (?:of|to|for)\s+)?/i;

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
