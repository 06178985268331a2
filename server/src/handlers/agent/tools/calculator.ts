import { z } from "zod";
import { evaluate } from "../../../reference/arithmetic.ts";
import { defineTool, NoAnswer } from "../tool.ts";

/** Exact for fractions, floating point for roots and functions. */
export const calculator = defineTool({
  name: "calculator",
  description:
    "Computes an arithmetic expression exactly: + - * / ^ %, parentheses, factorials, and functions such as sqrt, log, sin, abs, min, max, mean and round.",
  input: z.strictObject({ expression: z.string().min(1).max(1_000).describe("Such as (12.5 + 3) * 4 or sqrt(2)^3.") }),
  run({ expression }) {
    const result = evaluate(expression);
    if (!result.ok) throw new NoAnswer(`${result.reason}.`);
    return result.text;
  },
});
