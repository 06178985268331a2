import { z } from "zod";
import {
  type Country,
  countryFact,
  countryOfCapital,
  countryOfDemonym,
  countryProperties,
  findCountry,
} from "../../../reference/countries.ts";
import type { JsonObject } from "../../../task/json/json.ts";
import { defineTool, NoAnswer } from "../tool.ts";

/** One fact about a country, or all that is known. */
export const countryFacts = defineTool({
  name: "country_facts",
  description:
    "Looks up facts about a country or territory: its capital, population, area, currency, languages, neighbours and more. Without a property it returns all of them.",
  input: z.strictObject({
    country: z.string().min(1).max(100).describe("Its name, official name or ISO code; also the name of its capital."),
    property: z.enum(countryProperties).optional(),
  }),
  run({ country: name, property }) {
    const country = findCountry(name) ?? countryOfCapital(name) ?? countryOfDemonym(name);
    if (country === undefined) throw new NoAnswer(`No country called "${name}" is known.`);
    if (property === undefined) return portrait(country);
    const fact = countryFact(country, property);
    if (fact === undefined) throw new NoAnswer(`The ${property} of ${country.name} is not known.`);
    return fact;
  },
});

function portrait(country: Country): JsonObject {
  const facts = countryProperties.flatMap((property): [string, string][] => {
    const fact = countryFact(country, property);
    return fact === undefined ? [] : [[property, fact]];
  });
  return { name: country.name, ...Object.fromEntries(facts) };
}
