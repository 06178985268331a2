/** The inside of the thread that counts tokens. */
import { parentPort } from "node:worker_threads";
import { firstTokensIn, lastTokensIn, tokensIn } from "../reference/text/tokens.ts";
import type { TokenAnswers, TokenQuestion, TokenQuestions } from "./token-thread.ts";

const port = parentPort;
if (port === null) throw new Error("This module is the inside of a worker thread.");

const ANSWERS: { [Verb in keyof TokenQuestions]: (asked: TokenQuestions[Verb]) => TokenAnswers[Verb] } = {
  count: (texts) => texts.reduce((sum, text) => sum + tokensIn(text), 0),
  first: ({ text, tokens }) => firstTokensIn(text, tokens),
  last: ({ text, tokens }) => lastTokensIn(text, tokens),
};

function answer<Verb extends keyof TokenQuestions>({ verb, asked }: TokenQuestion<Verb>): TokenAnswers[Verb] {
  return ANSWERS[verb](asked);
}

port.on("message", (question: TokenQuestion) => port.postMessage({ id: question.id, answer: answer(question) }));
