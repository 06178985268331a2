/**
 * The names in a text: people, places and organisations in English, and in other languages words written as names in the middle of
 * sentences.
 */
import nlp from "compromise";

export type NamedEntity = { name: string; type: "person" | "place" | "organization" | "name" };

const NAME_CHARACTERS_MAX = 80;
/** Words that the tagger takes for people and places. */
const NO_NAME =
  /^(?:january|february|march|april|may|june|july|august|september|october|november|december|(?:mon|tues|wednes|thurs|fri|satur|sun)day)$|^(?:its?|his|her|our|their|my|your|this|that)\s/i;
/** Two or more words with capitals, or one behind a small word: `the Harbour Office`, `in Lyon`. */
const CAPITALIZED =
  /(?<=[\p{Ll}\p{N},;]\s)\p{Lu}[\p{L}\p{M}'’-]+(?:\s(?:de|la|von|van|der|del|di|da|du)?\s?\p{Lu}[\p{L}\p{M}'’-]+){0,3}/gu;
const CAPITALIZED_SEVERAL = /(?<=[\p{L}\p{N},;]\s)\p{Lu}[\p{L}\p{M}'’-]+(?:\s\p{Lu}[\p{L}\p{M}'’-]+){1,3}/gu;

/** The names of one sentence, each once, in the order of the sentence. */
export function namesOf(sentence: string, language: string): NamedEntity[] {
  return language === "en" ? taggedNames(sentence) : capitalizedNames(sentence, language);
}

function taggedNames(sentence: string): NamedEntity[] {
  const tagged = nlp(sentence);
  const found = [
    ...listed(tagged.people().out("array"), "person"),
    ...listed(tagged.places().out("array"), "place"),
    ...listed(tagged.organizations().out("array"), "organization"),
  ];
  return once(found).sort((a, b) => sentence.indexOf(a.name) - sentence.indexOf(b.name));
}

/** Nouns have capitals in German: there, one word alone is no name. */
function capitalizedNames(sentence: string, language: string): NamedEntity[] {
  const found = sentence.match(language === "de" ? CAPITALIZED_SEVERAL : CAPITALIZED) ?? [];
  return once(listed(found, "name"));
}

function listed(names: unknown, type: NamedEntity["type"]): NamedEntity[] {
  if (!Array.isArray(names)) return [];
  return names.flatMap((name: unknown) => {
    const plain = typeof name === "string" ? trimmed(name) : "";
    return !NO_NAME.test(plain) && plain.length > 1 && plain.length <= NAME_CHARACTERS_MAX && /\p{Lu}/u.test(plain)
      ? [{ name: plain, type }]
      : [];
  });
}

function trimmed(name: string): string {
  return name.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, "").replace(/['’]s$/, "");
}

function once(names: readonly NamedEntity[]): NamedEntity[] {
  return [...new Map(names.map((entity) => [entity.name.toLowerCase(), entity])).values()];
}
