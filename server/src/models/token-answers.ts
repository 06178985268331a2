/** Questions about tokens, and the answers of this server's tokenizer. */
import { firstTokensIn, lastTokensIn, tokensIn } from "../reference/text/tokens.ts";

type Part = { text: string; tokens: number };
/** `count`: the tokens of some texts together; `first` and `last`: the beginning or end of a text with at most so many. */
export type TokenQuestions = { count: readonly string[]; first: Part; last: Part };
export type TokenAnswers = { count: number; first: string; last: Part };

const ANSWERS: { [Verb in keyof TokenQuestions]: (asked: TokenQuestions[Verb]) => TokenAnswers[Verb] } = {
  count: (texts) => texts.reduce((sum, text) => sum + tokensIn(text), 0),
  first: ({ text, tokens }) => firstTokensIn(text, tokens),
  last: ({ text, tokens }) => lastTokensIn(text, tokens),
};

export function answerTo<Verb extends keyof TokenQuestions>(
  verb: Verb,
  asked: TokenQuestions[Verb],
): TokenAnswers[Verb] {
  return ANSWERS[verb](asked);
}
