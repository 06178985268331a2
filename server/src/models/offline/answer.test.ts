import type { LanguageModelV4Message } from "@ai-sdk/provider";
import { describe, expect, it } from "vitest";
import { processorMs } from "../../../test/processor-time.ts";
import { answer } from "./answer.ts";
import { readConversation } from "./conversation.ts";

type Turn = string | LanguageModelV4Message;

/** Turns without a role are the user's and the agent's in turn, the last one the user's. */
function conversation(...turns: Turn[]) {
  const texts = turns.filter((turn) => typeof turn === "string").length;
  let index = 0;
  const prompt = turns.map((turn): LanguageModelV4Message => {
    if (typeof turn !== "string") return turn;
    index += 1;
    return { role: (texts - index) % 2 === 0 ? "user" : "assistant", content: [{ type: "text", text: turn }] };
  });
  return readConversation({ prompt });
}

const reply = (...turns: Turn[]) => answer(conversation(...turns)).text;

describe("a question is answered", () => {
  it.each([
    ["What is the capital of France?", "Paris"],
    ["what's the capital city of the netherlands", "Amsterdam"],
    ["Which country has the capital Nairobi?", "Kenya"],
    ["Nairobi is the capital of which country?", "Kenya"],
    ["What is the currency of Japan?", "Yen"],
    ["What is the population of the United States?", "338,016,259"],
    ["How many people live in Kenya?", "55,751,717"],
    ["How big is Spain?", "505,370"],
    ["What languages are spoken in Belgium?", "Dutch, French and German"],
    ["What is the French capital?", "Paris"],
    ["Is France larger than Spain?", "Yes."],
    ["Is Spain larger than France?", "No."],
    ["Which has more people, Kenya or Uganda?", "Kenya has more people"],
    ["Does France border Spain?", "Yes"],
    ["Is Kenya in Europe?", "No, Kenya is in Africa"],
    ["What is the largest country in the world?", "Russia"],
    ["What is the smallest country in the world?", "Vatican City"],
    ["Which country has the calling code +41?", "Switzerland"],
    ["Tell me about Nepal.", "Kathmandu"],
    ["Compare France and Germany.", "Berlin"],
    ["List three countries in Africa.", "Nigeria, Ethiopia"],
    ["What is 17 * 23?", "391"],
    ["Is 91 prime?", "7 × 13"],
    ["What is the difference between TCP and HTTP?", "ordered, reliable stream"],
    ["Explain machine learning in simple terms.", "learn from examples"],
    ["Hi, my name is Bob and I need help with 5 * 6", "5 * 6 = 30"],
    ["Research the population of Germany and summarize.", "84,012,284"],
    ["How many feet are in a mile?", "5,280"],
    ["What day is 2026-03-01?", "Sunday"],
    ["How many days are between 2026-01-01 and 2026-03-01?", "59 days"],
    ["What date is 10 days after 2026-02-25?", "2026-03-07"],
    ["Is 2024 a leap year?", "Yes"],
    ["What is Python?", "programming language"],
    ["Define ubiquitous.", "being present everywhere"],
    ["Who was Marie Curie?", "radium"],
    ["synonyms of quick", "fast"],
    ["Hello!", "Hello"],
    ["Who are you?", "offline model"],
  ])("%s", (question, part) => {
    expect(reply(question)).toContain(part);
  });

  it("part by part when it has several", () => {
    const text = reply("What is 2 + 2 and what is the capital of Peru? Also, how many feet are in a mile?");
    for (const part of ["= 4", "Lima", "5,280"]) expect(text).toContain(part);
  });

  it("without the talk around it", () => {
    expect(reply("I was wondering about something. What is 2 + 2?")).toBe("2 + 2 = 4");
  });

  it("always alike", () => {
    const question = "What is the capital of France, and what is entropy?";
    expect(reply(question)).toBe(reply(question));
  });
});

describe("a text is read", () => {
  const text =
    "The Radium Institute was founded by Marie Curie in 1909. It stands in Paris. Its first director was a physicist.";

  it.each([
    [`Based on the following text, who founded the institute?\n\n${text}`],
    [`${text}\n\nWho founded the institute?`],
    [`Context: ${text} Question: Who founded the institute?`],
    [`Context:\n${text}\n\nQuestion: Who founded the institute?`],
    [`Answer from this text.\n${text}\nWho founded the institute?`],
    [`Who founded the institute, according to the text "${text}"?`],
  ])("%j", (message) => {
    expect(reply(message)).toContain("founded by Marie Curie");
  });

  it("also where the instructions carry it", () => {
    expect(
      reply(
        { role: "system", content: `Answer from the context.\n\n## Context\n${text}` },
        "Who founded the institute?",
      ),
    ).toContain("founded by Marie Curie");
  });

  it("and summarized, in as many sentences as asked for", () => {
    expect(reply(`Summarize in one sentence: ${text}`)).toBe(
      "The Radium Institute was founded by Marie Curie in 1909.",
    );
    expect(reply(`Give me two bullet points:\n\n${text}`).length).toBeGreaterThan(0);
    expect(reply("Summarize this.")).toContain("Give me the text");
  });
});

describe("a conversation is remembered", () => {
  it("with the name", () => {
    expect(reply("My name is Ada.")).toContain("Ada");
    expect(reply("My name is Ada.", "Nice to meet you.", "What is my name?")).toBe("Your name is Ada.");
    expect(reply("I'm Ada Lovelace, a mathematician.", "Hello.", "Who am I?")).toBe("Your name is Ada Lovelace.");
    expect(reply("What is my name?")).toContain("not told me");
  });

  it("with what was said last, when it was said twice", () => {
    expect(reply("My name is Ada.", "Hi.", "My name is Grace.", "Hi.", "What is my name?")).toBe("Your name is Grace.");
  });

  it("with other facts", () => {
    expect(reply("My favourite colour is green.", "Noted.", "What is my favourite colour?")).toContain("green");
    expect(reply("I live in London.", "Noted.", "Where do I live?")).toBe("You live in London.");
    expect(reply("Remember that the meeting is on Tuesday at noon.", "I will.", "When is the meeting?")).toContain(
      "Tuesday",
    );
    expect(reply("My name is Ada and I work as an engineer.", "Hello.", "What do you know about me?")).toMatch(
      /Ada.*engineer/,
    );
  });

  it("with the country that was spoken of, and what was asked of it", () => {
    expect(reply("What is the capital of Kenya?", "Nairobi.", "And what is its population?")).toContain("55,751,717");
    expect(reply("What is the capital of Kenya?", "Nairobi.", "What about Peru?")).toContain("Lima");
    expect(reply("What about Peru?")).not.toContain("Lima is the capital");
  });

  it("with what was asked before", () => {
    expect(reply("What is 2 + 2?", "4", "What did I just ask?")).toContain("What is 2 + 2?");
  });
});

describe("what it cannot do", () => {
  it.each([
    "Write a poem about the sea.",
    "Analyze the quarterly sales data.",
    "What is the capital of Atlantis?",
    "",
    "asdf qwer",
  ])("%j it says, and how to connect a real model", (question) => {
    const text = reply(question);
    expect(text).toContain("offline model");
    expect(text).toContain("OPENAI_API_KEY");
    expect(text).toContain("--model ollama:");
  });

  it("includes the current date, until somebody states it", () => {
    expect(reply("What day is it today?")).toContain("no clock");
    expect(reply({ role: "system", content: "Today is 2026-11-22." }, "What day is it today?")).toContain(
      "Sunday, 22 November 2026",
    );
    expect(
      reply({ role: "system", content: "Current date: 22 November 2026" }, "How many days until Christmas?"),
    ).toContain("33 days");
  });
});

describe("hostile input takes bounded time", () => {
  const prose = "The quick brown fox jumps over the lazy dog. In 1911 Marie founded the Institute of Radium in Paris. ";
  it.each([
    ["10 MB of prose with a question", `${prose.repeat(100_000)}\nWho founded the Institute?`],
    ["10 MB to summarize", `Summarize: ${prose.repeat(100_000)}`],
    ["one letter", "a".repeat(10_000_000)],
    ["line breaks", `x${"\n".repeat(10_000_000)}y`],
    ["blanks", `x${" ".repeat(10_000_000)}y`],
    ["blank lines", " \n".repeat(5_000_000)],
    ["full stops", ".".repeat(10_000_000)],
    ["ends of sentences", "what? ".repeat(1_000_000)],
    ["quotation marks", `${'"'.repeat(10_000_000)}x`],
    ["parentheses", `What is ${"(".repeat(10_000)}1${")".repeat(10_000)}?`],
    ["digits", `${"1".repeat(290)} miles in km`],
    ["halves of a unit question", "how many a ".repeat(27)],
    ["halves of a country question", `what country ${"capital is called ".repeat(100)}`],
    ["halves of a fact", `my ${"a is ".repeat(380)}`],
    ["braces", `use the x tool with ${"{".repeat(1_900)}`],
    ["half characters", "\ud800".repeat(1_000_000)],
  ])("%s", (_, text) => {
    const start = processorMs();
    expect(reply(text)).not.toBe("");
    expect(processorMs() - start).toBeLessThan(2_000);
  });
});
