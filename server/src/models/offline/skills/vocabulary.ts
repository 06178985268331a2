import { type Definition, defineWord } from "../../../reference/dictionary.ts";
import { termOfComputing } from "../../../reference/glossary.ts";
import { capitalised, type Skill, say, type ToolSort, withTool } from "../skill.ts";

const dictionary: ToolSort = {
  name: /defin|dictionar|word|thesaurus/i,
  roles: { word: /^(?:word|term|query|phrase|name)$/i },
  needs: ["word"],
};

/** "Define entropy.", "What is Python?", "synonyms of quick" */
export const vocabulary: Skill = (part, conversation) => {
  const text = part
    .trim()
    .slice(0, 200)
    .replace(/[?.!\s]+$/, "")
    .replace(
      /,? (?:in (?:simple|plain|basic|layman['’]s) (?:terms|words|english)|simply|briefly|in (?:short|brief|one sentence|a sentence|detail)|to (?:me|a child|a beginner)|for (?:beginners|me|a beginner))$/i,
      "",
    );
  const pair =
    /^(?:please )?(?:what(?:'s|’s| is| are) the differences? between|compare|contrast|explain the differences? between)\s+(.{1,60}?)\s+(?:and|with|to|vs\.?)\s+(.{1,60})$/i.exec(
      text,
    );
  if (pair !== null) return sideBySide(pair[1] ?? "", pair[2] ?? "");
  const synonym =
    /^(?:please )?(?:(?:give me |list |what are |what is )?(?:some |an? |the )?synonyms? (?:of|for)|(?:what is )?another word for)\s+["“']?(.{2,40}?)["”']?$/i.exec(
      text,
    )?.[1];
  if (synonym !== undefined) return synonymsOf(synonym);
  const strict =
    /^(?:please )?(?:(?:can|could) you )?(?:define|look up|give (?:me )?(?:the|a) definition (?:of|for))\s+(?:the (?:word|term)\s+)?["“']?(.{1,60}?)["”']?$/i.exec(
      text,
    )?.[1] ??
    /^(?:what(?:'s|’s| is) the )?(?:definition|meaning) of\s+(?:the (?:word|term)\s+)?["“']?(.{1,60}?)["”']?$/i.exec(
      text,
    )?.[1] ??
    /^what does\s+(?:the (?:word|term)\s+)?["“']?(.{1,60}?)["”']? mean$/i.exec(text)?.[1];
  if (strict !== undefined) {
    return withTool(
      conversation,
      dictionary,
      { word: bare(strict) },
      (output) => output,
      () => dictionaryEntry(strict),
    );
  }
  const loose =
    /^(?:what(?:'s|’s| is| are| was| were)|who(?:'s|’s| is| was| are| were)|explain|describe|tell me (?:something )?about|what do you know about)\s+(?:what )?["“']?(.{1,60}?)["”']?(?: is| are| means)?$/i.exec(
      text,
    )?.[1];
  return loose === undefined ? undefined : inOneSentence(loose);
};

/** A whole entry: the sense of computing first, where there is one, then the dictionary's. */
function dictionaryEntry(asked: string): ReturnType<Skill> {
  const word = bare(asked);
  const term = termOfComputing(word);
  const entry = defineWord(word);
  if (term === undefined && entry === undefined) return say(`I have no definition of “${word}”.`);
  const lines =
    entry === undefined
      ? []
      : entry.senses
          .slice(0, sensesShown)
          .map(
            ({ partOfSpeech, gloss, examples }, index) =>
              `${index + 1}. (${partOfSpeech}) ${gloss}${examples[0] === undefined ? "" : ` — “${examples[0]}”`}`,
          );
  return say(
    [
      ...(term === undefined ? [] : [`${term.term} ${term.meaning}.`]),
      ...(lines.length === 0 ? [] : [`${capitalised(entry?.word ?? word)}:\n${lines.join("\n")}`]),
    ].join("\n\n"),
  );
}

const sensesShown = 3;

function inOneSentence(asked: string): ReturnType<Skill> {
  const word = bare(asked);
  const term = termOfComputing(word);
  if (term !== undefined) return say(`${capitalised(term.term)} ${term.meaning}.`);
  const entry = defineWord(word);
  const sense = entry?.senses[0];
  if (entry === undefined || sense === undefined) return undefined;
  return say(`${capitalised(named(asked, entry))} (${sense.partOfSpeech}): ${sense.gloss}.`);
}

/** Two definitions, if both are known, to show the difference. */
function sideBySide(first: string, second: string): ReturnType<Skill> {
  const [left, right] = [inOneSentence(first), inOneSentence(second)];
  if (left === undefined || right === undefined || !("say" in left) || !("say" in right)) return undefined;
  return say(`${left.say}\n\n${right.say}`);
}

function synonymsOf(asked: string): ReturnType<Skill> {
  const entry = defineWord(bare(asked));
  const synonyms = [...new Set((entry?.senses ?? []).flatMap((sense) => sense.synonyms))].slice(0, 12);
  return say(
    synonyms.length === 0
      ? `I know no synonyms of “${bare(asked)}”.`
      : `Synonyms of ${entry?.word ?? asked}: ${synonyms.join(", ")}.`,
  );
}

/** A name keeps the capitals that the question gave it. */
function named(asked: string, entry: Definition): string {
  return bare(asked).toLowerCase() === entry.word ? bare(asked) : entry.word;
}

function bare(word: string): string {
  return word
    .trim()
    .replace(/^(?:an?|the)\s+(?=\S)/i, "")
    .replace(/["“”'’.,;:!?]+$/g, "");
}
