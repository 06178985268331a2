import { describe, expect, it } from "vitest";
import {
  allCountries,
  type Country,
  countriesIn,
  countryFact,
  countryOfCapital,
  findCountry,
  propertyNamed,
} from "./countries.ts";

describe("a country", () => {
  it.each([
    ["France", "FR"],
    ["the netherlands", "NL"],
    ["Holland", "NL"],
    ["USA", "US"],
    ["U.S.", "US"],
    ["UK", "GB"],
    ["Côte d'Ivoire", "CI"],
    ["cote d’ivoire", "CI"],
    ["Deutschland", "DE"],
    ["Federal Republic of Germany", "DE"],
    ["Czech Republic", "CZ"],
    ["jp", "JP"],
  ])("is found by %s", (name, code) => {
    expect(findCountry(name)?.code).toBe(code);
  });

  it("is not found by what is none", () => {
    for (const name of ["Atlantis", "", "constructor", "x".repeat(10_000)]) expect(findCountry(name)).toBeUndefined();
  });

  it("has its facts", () => {
    const france = findCountry("France");
    if (france === undefined) throw new Error("no France");
    expect(countryFact(france, "capital")).toBe("Paris");
    expect(countryFact(france, "currency")).toBe("Euro (EUR)");
    expect(countryFact(france, "calling code")).toBe("+33");
    expect(countryFact(france, "domain")).toBe(".fr");
    expect(countryFact(france, "flag")).toBe("🇫🇷");
    expect(countryFact(france, "borders")).toContain("Spain");
    expect(france.population).toBeGreaterThan(60e6);
  });

  it("is found by its capital", () => {
    expect(countryOfCapital("Nairobi")?.name).toBe("Kenya");
    expect(countryOfCapital("Bogotá")?.code).toBe("CO");
  });
});

it("finds the countries that a text names, in order and without taking little words for codes", () => {
  const names = (text: string) => countriesIn(text).map(({ code }) => code);
  expect(names("Is South Korea larger than Guinea-Bissau or the UK?")).toEqual(["KR", "GW", "GB"]);
  expect(names("Let us go in and do it, no matter what")).toEqual([]);
  expect(names("How large is the US?")).toEqual(["US"]);
});

/** A part of another country, such as French Guiana, has no figures of its own. */
function isOneSided(name: string, other: Country | undefined): boolean {
  return other?.population !== undefined && !other.borders.includes(name);
}

it("knows the borders of both sides, except where one claims what the other does not", () => {
  const byName = new Map(allCountries().map((country) => [country.name, country]));
  const oneSided = allCountries().flatMap((country) =>
    country.borders.filter((other) => isOneSided(country.name, byName.get(other))).map(() => country.name),
  );
  expect(new Set(oneSided)).toEqual(new Set(["Western Sahara"]));
});

it("understands what is asked of a country", () => {
  expect(propertyNamed("How many people live there?")).toBe("population");
  expect(propertyNamed("how big is it")).toBe("area");
  expect(propertyNamed("what money do they use")).toBe("currency");
  expect(propertyNamed("the dialling code")).toBe("calling code");
});
