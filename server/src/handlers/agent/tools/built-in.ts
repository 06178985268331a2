/** The tools that every agent has unless its definition names others. */
import type { Tool } from "../tool.ts";
import { calculator } from "./calculator.ts";
import { countryFacts } from "./country-facts.ts";

export const builtInTools: readonly Tool[] = [calculator, countryFacts];
