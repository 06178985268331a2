/** The tools that every agent has unless its definition names others. */
import type { Tool } from "../tool.ts";
import { calculator } from "./calculator.ts";
import { convertUnits } from "./convert-units.ts";
import { countryFacts } from "./country-facts.ts";
import { currentTime } from "./current-time.ts";
import { dateMath } from "./date-math.ts";
import { defineWord } from "./define-word.ts";

export const builtInTools: readonly Tool[] = [
  calculator,
  currentTime,
  dateMath,
  convertUnits,
  countryFacts,
  defineWord,
];
