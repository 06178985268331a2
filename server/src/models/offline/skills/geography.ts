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
    // "And Spain?" repeats the last question for Spain.
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

/** Which country has that capital, currency, language or calling code? */
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
    return whose(`${capitalised(spokenThere)} among its languages`, (country) =>
      country.languages.some((name) => name.toLowerCase() === spokenThere),
    );
  }
  return undefined;
}

const countriesListedMax = 30;

/** The continent that a text names as a place, in lower case. */
function continentIn(text: string): string | undefined {
  return /\b(?:in|of) (Africa|Antarctica|Asia|Europe|North America|Oceania|South America)\b/i
    .exec(text)?.[1]
    ?.toLowerCase();
}

function isOn(country: Country, continent: string): boolean {
  return country.continent.toLowerCase() === continent;
}

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
  const continent = continentIn(text);
  const asked = /^\s*(?:please )?(?:list|name|give me|which are|what are)\b.{0,40}?\bcountries (?:in|of)\b/i.test(text);
  if (!asked || continent === undefined) return undefined;
  const wanted = /\b(\d{1,3}|two|three|four|five|six|seven|eight|nine|ten)\b/i.exec(text)?.[1];
  const found = allCountries()
    .filter((country) => isOn(country, continent) && isSovereign(country))
    .sort((a, b) => (b.population ?? 0) - (a.population ?? 0))
    .slice(0, Math.min(numberNamed(wanted ?? "") ?? countriesListedMax, countriesListedMax));
  return found.length === 0 ? undefined : say(`${found.map(withArticle).join(", ")}.`);
}

/** "Which country has the largest population?", "the smallest country in Europe" */
function extreme(text: string): ReturnType<Skill> {
  const asked =
    /\b(largest|biggest|smallest|most populous|least populous|most populated|least populated|highest population|lowest population|most people|fewest people|most densely populated|least densely populated)\b/i
      .exec(text)?.[1]
      ?.toLowerCase();
  if (asked === undefined || !/\bcountr(?:y|ies)\b|\bnation\b|\bin the world\b/i.test(text)) return undefined;
  const continent = continentIn(text);
  const measure = measureIn(asked, text);
  const least = /smallest|least|lowest|fewest/.test(asked);
  const [top] = allCountries()
    .filter((country) => isSovereign(country) && (continent === undefined || isOn(country, continent)))
    .map((country) => ({ country, size: sizes[measure](country) }))
    .filter(({ size }) => size > 0)
    .sort((a, b) => (least ? a.size - b.size : b.size - a.size));
  if (top === undefined) return undefined;
  const where = continent === undefined ? "in the world" : `in ${top.country.continent}`;
  const fact = countryFact(top.country, measure);
  return say(
    `The country with the ${least ? "smallest" : "largest"} ${label(measure)} ${where} is ${withArticle(top.country)} (${fact}).`,
  );
}

const sizes = {
  population: ({ population = 0 }: Country) => population,
  area: ({ areaKm2 = 0 }: Country) => areaKm2,
  density: ({ population = 0, areaKm2 = Infinity }: Country) => population / areaKm2,
};

function measureIn(asked: string, text: string): keyof typeof sizes {
  if (/dens/.test(asked)) return "density";
  return /popul|people/.test(asked) || /\bpopulation\b/i.test(text) ? "population" : "area";
}

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
  const continent = continentIn(text);
  if (continent === undefined) return undefined;
  return say(`${isOn(first, continent) ? "Yes" : "No"}, ${withArticle(first)} is in ${first.continent}.`);
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
      return fact === undefined ? [] : [`${capitalised(label(property))}: ${fact}.`];
    }),
  ];
  return facts.join(" ");
}

/** A property's name in a sentence. */
function label(property: CountryProperty): string {
  return labels.get(property) ?? property;
}

const labels: ReadonlyMap<CountryProperty, string> = new Map([
  ["density", "population density"],
  ["domain", "top-level domain"],
  ["code", "ISO code"],
  ["government", "form of government"],
]);

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
      return `The ${label(property)} of ${name} is ${fact}.`;
  }
}

function nothingKnown(country: Country, property: CountryProperty): string {
  return property === "borders"
    ? `${capitalised(withArticle(country))} shares no land border.`
    : `I do not know the ${label(property)} of ${withArticle(country)}.`;
}
