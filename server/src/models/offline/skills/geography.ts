import {
  allCountries,
  type Country,
  type CountryProperty,
  countriesIn,
  countryFact,
  countryOfCapital,
  countryOfDemonym,
  findCountry,
  propertyNamed,
  withArticle,
} from "../../../reference/countries.ts";
import { numberNamed } from "../../../reference/number-words.ts";
import type { Conversation } from "../conversation.ts";
import { capitalised, type Skill, say, type ToolSort, withTool } from "../skill.ts";

const countryFacts: ToolSort = {
  name: /countr|geograph/i,
  roles: {
    country: /^(?:country|name|country_?name|query|place)$/i,
    property: /^(?:property|fact|field|attribute|topic|what)$/i,
  },
  needs: ["country"],
};

/** Facts of one country, comparisons of two, extremes of all, and the way back from a fact to its country. */
export const geography: Skill = (part, conversation) => {
  const text = part.slice(0, 500);
  return (
    extreme(text) ??
    comparison(text) ??
    sideBySide(text) ??
    countriesOf(text) ??
    countryOf(text) ??
    membership(text) ??
    factOf(text, conversation, (country, property) =>
      withTool(
        conversation,
        countryFacts,
        { country: country.name, property },
        (output) => (/[.!?]$/.test(output) ? output : sentence(country, property, output)),
        () => {
          const fact = countryFact(country, property);
          return say(fact === undefined ? nothingKnown(country, property) : sentence(country, property, fact));
        },
      ),
    ) ??
    portrait(text)
  );
};

function factOf(
  text: string,
  conversation: Conversation,
  reply: (country: Country, property: CountryProperty) => ReturnType<Skill>,
): ReturnType<Skill> {
  const [named] = countriesIn(text);
  const property = propertyNamed(text);
  if (named !== undefined && property !== undefined) return reply(named, property);
  const earlier = conversation.earlier.filter(({ by }) => by === "user").map(({ text: said }) => said.slice(0, 500));
  if (named !== undefined) {
    // "And Spain?" asks of Spain what was asked before.
    if (!/^(?:and|what about|how about|and what about)\b.{2,60}$/i.test(text)) return undefined;
    const before = earlier.findLast((said) => propertyNamed(said) !== undefined && countriesIn(said).length > 0);
    const same = before === undefined ? undefined : propertyNamed(before);
    return same === undefined ? undefined : reply(named, same);
  }
  if (property === undefined) return undefined;
  // "What is the French capital?"
  for (const word of text.match(/\p{Lu}\p{L}{3,}(?: \p{Lu}\p{L}+)?/gu) ?? []) {
    const country = countryOfDemonym(word);
    if (country !== undefined) return reply(country, property);
  }
  // "And what is its population?"
  if (!/\b(?:its|it|there|that country|their|they)\b/i.test(text)) return undefined;
  const [lately] = countriesIn(earlier.findLast((said) => countriesIn(said).length > 0) ?? "");
  return lately === undefined ? undefined : reply(lately, property);
}

/** Which country has that capital, currency, domain, calling code or flag? */
function countryOf(text: string): ReturnType<Skill> {
  const capital =
    /\b(?:which|what) country(?:'s| has| is)?\b.*?\bcapital\b(?: city)?(?: is| called| named| of)?\s+(?:the )?(?:city of )?([\p{L} .'-]{2,40}?)\??$/iu.exec(
      text,
    )?.[1] ??
    /\b([\p{L} .'-]{2,40}?) is (?:the )?capital (?:city )?of (?:which|what)(?: country)?\??$/iu.exec(text)?.[1] ??
    /^(?:which|what) country is ([\p{L} .'-]{2,40}?) the capital(?: city)? of\??$/iu.exec(text)?.[1];
  if (capital !== undefined) {
    const country = countryOfCapital(capital);
    if (country !== undefined) return say(`${country.capital} is the capital of ${withArticle(country)}.`);
  }
  if (!/\b(?:which|what) countr(?:y|ies)\b|\bwhere\b.*\b(?:spoken|used|currency)\b/i.test(text)) return undefined;
  const code = /\+(\d{1,4})\b/.exec(text)?.[1];
  if (code !== undefined)
    return whose(`the calling code +${code}`, (country) => country.callingCodes.includes(`+${code}`));
  const domain = /(?:^|\s)(\.[a-z]{2})\b/i.exec(text)?.[1]?.toLowerCase();
  if (domain !== undefined) return whose(`the domain ${domain}`, (country) => country.topLevelDomain === domain);
  const flag = /\p{RI}\p{RI}/u.exec(text)?.[0];
  if (flag !== undefined) return whose(`the flag ${flag}`, (country) => country.flag === flag);
  const money = /\b(?:uses?|used?|pays?|currency)\b/i.test(text)
    ? /(?:use[sd]?|pays? (?:with|in)|currency(?: is)?|is) (?:the )?([\p{L} ]{3,40}?)(?: (?:as|for|used).*)?\??$/iu
        .exec(text)?.[1]
        ?.toLowerCase()
    : undefined;
  if (money !== undefined) {
    const found = whose(`the ${money}`, (country) =>
      country.currencies.some(
        ({ name, code: moneyCode }) =>
          name.toLowerCase() === money || moneyCode.toLowerCase() === money || name.toLowerCase().endsWith(` ${money}`),
      ),
    );
    if (found !== undefined) return found;
  }
  const language =
    /\b(?:speaks?|spoken|language is)\s+(?:the )?(\p{L}{3,20})|\bis (\p{L}{3,20}) (?:an? )?(?:official )?(?:language|spoken)/iu.exec(
      text,
    );
  const spokenThere = (language?.[1] ?? language?.[2])?.toLowerCase();
  if (spokenThere !== undefined) {
    return whose(`${spokenThere.slice(0, 1).toUpperCase()}${spokenThere.slice(1)} among its languages`, (country) =>
      country.languages.some((name) => name.toLowerCase() === spokenThere),
    );
  }
  return undefined;
}

const countriesListedMax = 30;

function whose(what: string, matches: (country: Country) => boolean): ReturnType<Skill> {
  const found = allCountries().filter((country) => matches(country));
  const [only] = found;
  if (only === undefined) return undefined;
  if (found.length === 1) return say(`The country with ${what} is ${withArticle(only)}.`);
  const named = found.slice(0, countriesListedMax).map(withArticle).join(", ");
  return say(
    `${found.length} countries and territories have ${what}: ${named}${found.length > countriesListedMax ? ", …" : ""}.`,
  );
}

/** "Is France larger than Spain?", "Which has more people, Kenya or Uganda?" */
function comparison(text: string): ReturnType<Skill> {
  const asked =
    /\b(?:larger|bigger|smaller|greater|more people|fewer people|more populous|less populous|more populated|populous)\b/i
      .exec(text)?.[0]
      ?.toLowerCase();
  if (asked === undefined) return undefined;
  const [first, second] = countriesIn(text);
  if (first === undefined || second === undefined) return undefined;
  const byPeople = /people|popul/i.test(text);
  const [a, b] = byPeople ? [first.population, second.population] : [first.areaKm2, second.areaKm2];
  if (a === undefined || b === undefined)
    return say(`I do not know ${byPeople ? "the population" : "the area"} of both.`);
  const [more, less] = a >= b ? [first, second] : [second, first];
  const property = byPeople ? "population" : "area";
  const asksForFirst = /^\s*(?:is|does|has|are)\b/i.test(text);
  const smaller = /smaller|fewer|less/.test(asked);
  const verdict = asksForFirst ? ((more === first) !== smaller ? "Yes. " : "No. ") : "";
  const relation = byPeople ? "has more people than" : "is larger than";
  return say(
    `${verdict}${capitalised(withArticle(more))} ${relation} ${withArticle(less)}: ${countryFact(more, property)} against ${countryFact(less, property)}.`,
  );
}

/** "Compare France and Germany." */
function sideBySide(text: string): ReturnType<Skill> {
  if (!/^\s*(?:please )?(?:compare|contrast)\b|\bdifferences? between\b/i.test(text)) return undefined;
  const [first, second] = countriesIn(text);
  if (first === undefined || second === undefined) return undefined;
  return say([first, second].map((country) => portraitOf(country)).join("\n\n"));
}

/** "List three countries in Africa." names the most populous ones. */
function countriesOf(text: string): ReturnType<Skill> {
  const asked =
    /^\s*(?:please )?(?:list|name|give me|which are|what are)\b.{0,40}?\bcountries (?:in|of) (Africa|Antarctica|Asia|Europe|North America|Oceania|South America)\b/i.exec(
      text,
    );
  if (asked === null) return undefined;
  const wanted = /\b(\d{1,3}|two|three|four|five|six|seven|eight|nine|ten)\b/i.exec(text)?.[1];
  const count = numberNamed(wanted ?? "") ?? countriesListedMax;
  const found = allCountries()
    .filter((country) => country.continent.toLowerCase() === asked[1]?.toLowerCase() && isSovereign(country))
    .sort((a, b) => (b.population ?? 0) - (a.population ?? 0))
    .slice(0, Math.min(count, countriesListedMax));
  return found.length === 0 ? undefined : say(`${found.map(withArticle).join(", ")}.`);
}

/** "Which country has the largest population?", "the smallest country in Europe" */
function extreme(text: string): ReturnType<Skill> {
  const asked =
    /\b(largest|biggest|smallest|most populous|least populous|most populated|least populated|highest population|lowest population|most people|fewest people|most densely populated|least densely populated|most neighbou?rs|most borders)\b/i
      .exec(text)?.[1]
      ?.toLowerCase();
  if (asked === undefined || !/\bcountr(?:y|ies)\b|\bnation\b|\bin the world\b/i.test(text)) return undefined;
  const continent = /\b(?:in|of) (Africa|Antarctica|Asia|Europe|North America|Oceania|South America)\b/i
    .exec(text)?.[1]
    ?.toLowerCase();
  const measure = /dens/.test(asked)
    ? "density"
    : /neighbo|border/.test(asked)
      ? "borders"
      : /popul|people/i.test(asked) || /\bpopulation\b/i.test(text)
        ? "population"
        : "area";
  const least = /smallest|least|lowest|fewest/.test(asked);
  const size = (country: Country): number | undefined => {
    if (measure === "population") return country.population;
    if (measure === "area") return country.areaKm2;
    if (measure === "borders") return country.borders.length;
    return country.population === undefined || country.areaKm2 === undefined
      ? undefined
      : country.population / country.areaKm2;
  };
  const ranked = allCountries()
    .filter(
      (country) =>
        (continent === undefined || country.continent.toLowerCase() === continent) &&
        !/^(?:Antarctica)$/.test(country.name),
    )
    // Territories have no say among countries: those without their own officials' language of government are small dependencies.
    .filter((country) => isSovereign(country))
    .flatMap((country) => {
      const value = size(country);
      return value === undefined || value === 0 ? [] : [{ country, value }];
    })
    .sort((a, b) => (least ? a.value - b.value : b.value - a.value));
  const [top] = ranked;
  if (top === undefined) return undefined;
  const where = continent === undefined ? "in the world" : `in ${titleCase(continent)}`;
  const fact = countryFact(top.country, measure);
  const noun = measure === "borders" ? `${top.value} neighbours: ${fact}` : fact;
  return say(
    `The country with the ${least ? "smallest" : "largest"} ${measureNouns[measure]} ${where} is ${withArticle(top.country)} (${noun}).`,
  );
}

const measureNouns = {
  population: "population",
  area: "area",
  density: "population density",
  borders: "number of neighbours",
};

function isSovereign(country: Country): boolean {
  return (
    (!/territor|dependen|commonwealth in|overseas|collectivity|special administrative|part of|crown/i.test(
      country.government,
    ) &&
      country.government !== "") ||
    country.code === "VA"
  );
}

/** "Does France border Spain?", "Is Kenya in Africa?" */
function membership(text: string): ReturnType<Skill> {
  if (!/^\s*(?:is|are|does|do)\b/i.test(text)) return undefined;
  const [first, second] = countriesIn(text);
  if (first === undefined) return undefined;
  if (second !== undefined && /\bborder|neighbou?r|next to|adjacent/i.test(text)) {
    const yes = first.borders.includes(second.name);
    return say(
      `${yes ? "Yes" : "No"}, ${withArticle(first)} ${yes ? "shares" : "shares no"} ${yes ? "a " : ""}land border with ${withArticle(second)}.`,
    );
  }
  const continent = /\bin (Africa|Antarctica|Asia|Europe|North America|Oceania|South America)\b/i.exec(text)?.[1];
  if (continent !== undefined) {
    const yes = first.continent.toLowerCase() === continent.toLowerCase();
    return say(`${yes ? "Yes" : "No"}, ${withArticle(first)} is in ${first.continent}.`);
  }
  return undefined;
}

/** "Tell me about Kenya." */
function portrait(text: string): ReturnType<Skill> {
  const name =
    /^\s*(?:please )?(?:tell me (?:something |more )?about|describe|what do you know about|what is|what's|facts (?:about|on)|information (?:about|on))\s+(?:the country\s+)?(.{2,60}?)[?.!]*\s*$/i.exec(
      text,
    )?.[1];
  const country = name === undefined ? undefined : findCountry(name);
  if (country === undefined || (name !== undefined && name.length <= 2)) return undefined;
  return say(portraitOf(country));
}

function portraitOf(country: Country): string {
  const facts = [
    `${capitalised(withArticle(country))} is a country in ${country.continent}${country.location === "" ? "" : ` (${country.location})`}.`,
    ...(["capital", "population", "area", "currency", "languages"] as const).flatMap((property) => {
      const fact = countryFact(country, property);
      return fact === undefined ? [] : [`${capitalised(labels[property])}: ${fact}.`];
    }),
  ];
  return facts.join(" ");
}

const labels: Record<CountryProperty, string> = {
  capital: "capital",
  population: "population",
  area: "area",
  density: "population density",
  currency: "currency",
  languages: "languages",
  continent: "continent",
  location: "location",
  "calling code": "calling code",
  borders: "neighbours by land",
  domain: "top-level domain",
  flag: "flag",
  code: "ISO code",
  demonym: "demonym",
  government: "form of government",
  "official name": "official name",
  "native name": "native name",
};

function sentence(country: Country, property: CountryProperty, fact: string): string {
  const name = withArticle(country);
  switch (property) {
    case "capital":
      return `The capital of ${name} is ${fact}.`;
    case "area":
      return `The area of ${name} is ${fact}.`;
    case "languages":
      return `${country.languages.length === 1 ? "The language" : "The languages"} of ${name}: ${fact}.`;
    case "continent":
      return `${capitalised(name)} is in ${fact}.`;
    case "location":
      return `${capitalised(name)} lies in ${fact}.`;
    case "borders":
      return `${capitalised(name)} shares land borders with ${fact}.`;
    case "demonym":
      return `What is from ${name} is called ${fact}.`;
    default:
      return `The ${labels[property]} of ${name} is ${fact}.`;
  }
}

function nothingKnown(country: Country, property: CountryProperty): string {
  return property === "borders"
    ? `${capitalised(withArticle(country))} shares no land border.`
    : `I do not know the ${labels[property]} of ${withArticle(country)}.`;
}

function titleCase(text: string): string {
  return text.replace(/\b\p{L}/gu, (letter) => letter.toUpperCase());
}
