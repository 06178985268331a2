/**
 * Facts about countries: names, capitals, currencies, languages and calling codes from `countries-list`, population,
 * area, borders and government from the committed Factbook table. It answers for one country; sentences are made elsewhere.
 */

import { continents, getEmojiFlag, languages, countries as listed, type TCountryCode } from "countries-list";
import { currencies } from "countries-list/currencies";
import { countryTable } from "./country-table.ts";

export type Country = {
  code: string;
  name: string;
  officialName: string;
  nativeName: string;
  aliases: readonly string[];
  /** Empty for the few without one. */
  capital: string;
  continent: string;
  /** Where it lies, in words: "Western Europe, bordering the Bay of Biscay …". */
  location: string;
  population: number | undefined;
  populationYear: number | undefined;
  areaKm2: number | undefined;
  currencies: readonly { code: string; name: string; symbol: string }[];
  languages: readonly string[];
  callingCodes: readonly string[];
  /** Names of the countries that it shares a land border with. */
  borders: readonly string[];
  topLevelDomain: string;
  flag: string;
  demonym: string;
  government: string;
};

/** Every country and territory, by English name. */
export function allCountries(): readonly Country[] {
  return atlas().all;
}

/** The country of that name, former name, official name, native name or ISO code, whatever its case and accents. */
export function findCountry(name: string): Country | undefined {
  if (name.length > nameCharsMax) return undefined;
  const known = atlas().byName;
  const folded = fold(name);
  return known.get(folded) ?? known.get(folded.replace(/^(?:the|republic of|kingdom of|state of) /, ""));
}

/** The country whose capital has that name. */
export function countryOfCapital(capital: string): Country | undefined {
  return capital.length > nameCharsMax ? undefined : atlas().byCapital.get(fold(capital));
}

/** Countries named in a text, in the order in which they are named, each once. */
export function countriesIn(text: string): Country[] {
  const words = fold(text.slice(0, textCharsMax)).split(" ");
  const found = new Set<Country>();
  for (let start = 0; start < words.length; start += 1) {
    for (let length = Math.min(nameWordsMax, words.length - start); length > 0; length -= 1) {
      const name = words.slice(start, start + length).join(" ");
      const country = atlas().byName.get(name);
      // "us", "in", "it" and "no" are words long before they are codes.
      if (country === undefined || (length === 1 && name.length <= 3 && !spokenCodes.has(name))) continue;
      if (name === "us" && !/\bU\.?S\b/.test(text)) continue;
      found.add(country);
      start += length - 1;
      break;
    }
  }
  return [...found];
}

/** The people of a country, or what is of it, as an adjective: French is of France. */
export function countryOfDemonym(word: string): Country | undefined {
  return word.length > nameCharsMax ? undefined : atlas().byDemonym.get(fold(word));
}

/** What can be asked of a country, and its answer in words; empty where none is known. */
const facts = {
  capital: (country) => country.capital,
  population: ({ population, populationYear: year }) =>
    population === undefined ? "" : `${grouped(population)}${year === undefined ? "" : ` (${year} estimate)`}`,
  area: ({ areaKm2 }) => (areaKm2 === undefined ? "" : `${grouped(areaKm2)} square kilometres`),
  density: ({ population, areaKm2 }) =>
    population === undefined || areaKm2 === undefined || areaKm2 === 0
      ? ""
      : `about ${grouped(Number((population / areaKm2).toPrecision(3)))} people per square kilometre`,
  currency: (country) => list(country.currencies.map(({ name, code }) => `${name} (${code})`)),
  languages: (country) => list(country.languages),
  continent: (country) => country.continent,
  location: (country) => country.location,
  "calling code": (country) => list(country.callingCodes),
  borders: (country) => list(country.borders),
  domain: (country) => country.topLevelDomain,
  flag: (country) => country.flag,
  code: (country) => country.code,
  demonym: (country) => country.demonym,
  government: (country) => country.government,
  "official name": (country) => country.officialName,
  "native name": (country) => country.nativeName,
} satisfies Record<string, (country: Country) => string>;

export type CountryProperty = keyof typeof facts;

export const countryProperties = Object.keys(facts).filter(isProperty);

/** One fact in words, without its sentence: "68,512,806 (2025 estimate)". Undefined where none is known. */
export function countryFact(country: Country, property: CountryProperty): string | undefined {
  const fact = facts[property](country);
  return fact === "" ? undefined : fact;
}

function isProperty(name: string): name is CountryProperty {
  return Object.hasOwn(facts, name);
}

/** The property that a word or phrase means: "people", "how big", "money", "TLD". */
export function propertyNamed(words: string): CountryProperty | undefined {
  return propertyWords.find(([pattern]) => pattern.test(words))?.[1];
}

/** "the" goes before some names: the Netherlands, the United Kingdom. */
export function withArticle(country: Country): string {
  return /^(?:United|Netherlands|Philippines|Bahamas|Gambia|Maldives|Democratic Republic|Republic of|Central African|Dominican Republic|Czech Republic|Vatican)|Islands$|Emirates$/.test(
    country.name,
  )
    ? `the ${country.name}`
    : country.name;
}

const nameCharsMax = 100;
const nameWordsMax = 6;
const textCharsMax = 4_000;
const spokenCodes: ReadonlySet<string> = new Set(["uk", "usa", "uae", "us", "drc"]);

const propertyWords: readonly (readonly [RegExp, CountryProperty])[] = [
  [/\bcapitals?\b/i, "capital"],
  [/\bdensity|densely\b/i, "density"],
  [/\bpopulation|populous|inhabitants|how many people|residents\b/i, "population"],
  [/\barea|how (?:big|large)|size|square (?:kilomet|mile)/i, "area"],
  [/\bcurrenc(?:y|ies)|money\b/i, "currency"],
  [/\b(?:official )?languages?|spoken|speak\b/i, "languages"],
  [/\bcontinent\b/i, "continent"],
  [/\b(?:calling|dial(?:l?ing)?|phone|telephone|country) (?:code|prefix)/i, "calling code"],
  [/\bborders?|bordering|neighbou?r(?:s|ing)?\b/i, "borders"],
  [/\b(?:top[- ]level )?domain|tld\b/i, "domain"],
  [/\bflag|emoji\b/i, "flag"],
  [/\biso\b|\bcode\b/i, "code"],
  [/\bdemonym|people (?:from|of) .* called|nationality\b/i, "demonym"],
  [/\b(?:form|type|system|kind) of government|government\b/i, "government"],
  [/\bofficial name|full name|formal name\b/i, "official name"],
  [/\bnative name|local name\b/i, "native name"],
  [/\bwhere\b|\blocat(?:ed|ion)|region\b/i, "location"],
];

type Atlas = {
  all: readonly Country[];
  byName: ReadonlyMap<string, Country>;
  byCapital: ReadonlyMap<string, Country>;
  byDemonym: ReadonlyMap<string, Country>;
};

let loaded: Atlas | undefined;

/** Built at the first question: the tables cost nothing to a server that nobody asks about a country. */
function atlas(): Atlas {
  loaded ??= load();
  return loaded;
}

function load(): Atlas {
  const figures = new Map(countryTable.map((row) => [row[0], row]));
  const nameOf = (code: string) => (isListed(code) ? listed[code].name : code);
  const all: Country[] = [];
  for (const code of Object.keys(listed)) {
    if (!isListed(code)) continue;
    const entry = listed[code];
    const [
      ,
      officialName = "",
      population,
      populationYear,
      areaKm2,
      borders = "",
      location = "",
      demonym = "",
      government = "",
    ] = figures.get(code) ?? [];
    all.push({
      code,
      name: entry.name,
      officialName: officialName === "" ? entry.name : officialName,
      nativeName: entry.native,
      aliases: entry.alias ?? [],
      capital: entry.capital,
      continent: continents[entry.continent],
      location,
      population: population ?? undefined,
      populationYear: populationYear ?? undefined,
      areaKm2: areaKm2 ?? undefined,
      // Fund codes, such as the USN of the US, are money that nobody pays with.
      currencies: entry.currency
        .filter((money) => !fundCodes.has(money))
        .map((money) => ({ code: money, name: currencies[money].name, symbol: currencies[money].symbol })),
      languages: entry.languages.map((language) => languages[language].name),
      callingCodes: entry.phone.map((digits) => `+${digits}`),
      borders: borders === "" ? [] : borders.split(" ").map(nameOf),
      topLevelDomain: code === "GB" ? ".uk" : `.${code.toLowerCase()}`,
      flag: getEmojiFlag(code),
      demonym,
      government,
    });
  }
  all.sort((a, b) => a.name.localeCompare(b.name, "en"));

  const byName = new Map<string, Country>();
  const byCapital = new Map<string, Country>();
  const byDemonym = new Map<string, Country>();
  const enter = (map: Map<string, Country>, key: string, country: Country) => {
    const folded = fold(key);
    if (folded !== "" && !map.has(folded)) map.set(folded, country);
  };
  // Plain names first, so that no alias or code takes the name of another country.
  for (const country of all) enter(byName, country.name, country);
  for (const [alias, code] of Object.entries(furtherNames)) {
    const country = all.find((candidate) => candidate.code === code);
    if (country !== undefined) enter(byName, alias, country);
  }
  for (const country of all) {
    for (const name of [...country.aliases, country.officialName, country.nativeName, country.code])
      enter(byName, name, country);
  }
  for (const country of [...all].sort((a, b) => (b.population ?? 0) - (a.population ?? 0))) {
    enter(byCapital, country.capital, country);
    for (const demonym of country.demonym.split(/, | or /)) enter(byDemonym, demonym, country);
  }
  return { all, byName, byCapital, byDemonym };
}

const fundCodes: ReadonlySet<string> = new Set("USN USS BOV CHE CHW CLF COU MXV UYI UYW XBA".split(" "));

const furtherNames: Readonly<Record<string, string>> = {
  Holland: "NL",
  England: "GB",
  Burma: "MM",
  "Ivory Coast": "CI",
  "Cape Verde": "CV",
  Swaziland: "SZ",
  Turkey: "TR",
  "East Timor": "TL",
  "Republic of the Congo": "CG",
  Macedonia: "MK",
};

function isListed(code: string): code is TCountryCode {
  return Object.hasOwn(listed, code);
}

function fold(text: string): string {
  return text
    .normalize("NFKD")
    .replace(/\p{M}+/gu, "")
    .toLowerCase()
    .replace(/[’']s\b/g, "")
    .replace(/\b([a-z])\.(?=[a-z]\b)/g, "$1")
    .replace(/&/g, " and ")
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}

/** "a, b and c". */
function list(items: readonly string[]): string {
  return items.length < 2 ? (items[0] ?? "") : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}

function grouped(value: number): string {
  return value.toLocaleString("en-US", { maximumFractionDigits: 2 });
}
