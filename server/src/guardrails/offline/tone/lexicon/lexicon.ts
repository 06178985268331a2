/**
 * Words by what they do in a sentence: curses, insults, threats, groups of people, and those that soften or quote. They say
 * nothing alone; the model weighs them together. Each language has its own, since words of one are others in the next.
 */
const CATEGORIES = [
  "curse",
  "mild",
  "insult",
  "harm",
  "group",
  "you",
  "self",
  "all",
  "cannot",
  "trait",
  "fair",
  "machine",
] as const;
type Category = (typeof CATEGORIES)[number];

/**
 * Words in lower case without accents, as `plainWords` gives them; `scheiss*` is every word that begins so. `usual` are those
 * by which a language is known.
 */
export type WordLists = Readonly<Record<Category | "usual", string>>;

export type Lexicon = {
  /** The categories that a word belongs to. */
  categoriesOf: (word: string) => readonly Category[];
  /** Whether a word says that the sentence is of this language. */
  isOwn: (word: string) => boolean;
};

const never = () => false;
const STEM = "*";

/** `isCurse` finds curses that are in no list. */
export function lexiconOf(lists: WordLists, isCurse: (word: string) => boolean = never): Lexicon {
  const usual = tableOf([["usual", lists.usual]]);
  const table = tableOf(CATEGORIES.map((category) => [category, lists[category]]));
  const categoriesOf = (word: string) => {
    const found = table(word);
    return isCurse(word) && !found.includes("curse") ? (["curse", ...found] as const) : found;
  };
  return { categoriesOf, isOwn: (word) => usual(word).length > 0 || categoriesOf(word).length > 0 };
}

/** Which of the lists have a word, whole or by its beginning, in their order. */
function tableOf<Name extends string>(lists: readonly (readonly [Name, string])[]): (word: string) => readonly Name[] {
  const names = new Map<string, Set<Name>>();
  for (const [name, list] of lists)
    for (const word of list.split(/\s+/)) if (word !== "") names.set(word, (names.get(word) ?? new Set()).add(name));
  const stems = [...names.keys()].filter((word) => word.endsWith(STEM)).map(({ length }) => length - 1);
  const [shortest, longest] = [Math.min(...stems), Math.max(...stems)];
  return (word) => {
    const found = new Set(names.get(word));
    for (let length = shortest; length <= Math.min(longest, word.length); length++)
      for (const name of names.get(word.slice(0, length) + STEM) ?? []) found.add(name);
    return found.size === 0 ? [] : lists.flatMap(([name]) => (found.has(name) ? [name] : []));
  };
}
