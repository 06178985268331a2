import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TEXT_REMOVED } from "../task/agent/guardrails.ts";
import { type Detector, DetectorFailure } from "./detector.ts";
import { guardOver } from "./detectors.ts";
import type { Guard } from "./guard.ts";
import { OfflineDetectors } from "./offline/offline-detectors.ts";

const offline = new OfflineDetectors();
const looking = { signal: new AbortController().signal };
const on = { enabled: true, threshold: 0.5 };

function piiGuard(mask?: { removeEntityValue: boolean }): Guard {
  const { guard } = guardOver(
    "output",
    { pii: { output: on, ...(mask && { mask }) } },
    { pii: { detector: offline.detector("pii"), whenDown: "closed" } },
  );
  if (guard === null) throw new Error("nothing is looked for");
  return guard;
}

/** A detector that finds a word, for what is the guard's own. */
function wordDetector(word: string): Detector {
  return {
    kind: "hap",
    name: "word",
    detect: async (segments) =>
      segments.map(({ text }) => {
        const start = text.indexOf(word);
        return start < 0 ? [] : [{ entity: "Word", score: 0.7, start, end: start + word.length }];
      }),
  };
}

const SECRETS = [
  "jane.doe@example.com",
  "+49 30 12345678",
  "4111 1111 1111 1111",
  "4111 1111\n1111 1111",
  "DE89 3704 0044 0532 0130 00",
  "536-90-4399",
  "192.168.17.45",
  "Anna-Lena Schmidt",
  "Dr. María J. García",
  "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
  "jürgen+büro@müller-bau.example",
  "4111 1111 1111\r\n1111",
  "DE89 3704 0044\r\n0532 0130 00",
  "2001:db8:4f2::19a3:77",
  "Anne-Zoe\u0308 Schmidt",
  "4111\u00a01111\u20111111\u00a01111",
];
const LONG_KEY = `-----BEGIN PRIVATE KEY-----\nMIIE. Abc\n\n${"QUJD".repeat(1_500)}\n-----END PRIVATE KEY-----`;
/** What of each must not be seen: its parts that are in no other text. */
const parts = (secret: string) =>
  secret.split(/[\s@]+/).filter((part) => part.length > 3 && !/^-+(?:BEGIN|END)/.test(part));

const FILLERS = [
  "It rained all day. ",
  "She said hello!\n",
  "so it went 😀 ",
  "and then\n\n",
  "- a list\n",
  "日本語です。",
  "👩‍👩‍👧‍👦🏳️‍🌈 ",
  "e\u0301te\u0301\r\n\r\n",
];
const LONG_FILLERS = [...FILLERS, "long ".repeat(700), `${"x".repeat(5_000)} `];

/** Texts out of fillers and secrets, and the lengths of the pieces in which they arrive. */
function stories(fillers: readonly string[], secrets: readonly string[], pieceCharsMax: number) {
  return fc.tuple(
    fc.array(fc.tuple(fc.constantFrom(...fillers), fc.option(fc.constantFrom(...secrets), { freq: 2 })), {
      minLength: 1,
      maxLength: 5,
    }),
    fc.array(fc.integer({ min: 1, max: pieceCharsMax }), { minLength: 1, maxLength: 20 }),
  );
}

/** CI asks for ten times as many. */
const SHORT_TEXTS = Number(process.env["STREAMED_TEXTS"] ?? 1_000);

describe("a text that streams", () => {
  test.each([
    ["short texts", SHORT_TEXTS, FILLERS, SECRETS, 40],
    ["long texts", 100, LONG_FILLERS, [...SECRETS, LONG_KEY], 900],
  ])(
    "never shows a part of what is masked, however it is cut: %s, %i times",
    async (_, numRuns, fillers, secrets, max) => {
      const guard = piiGuard({ removeEntityValue: true });
      const story = fc.asyncProperty(stories(fillers, secrets, max), async ([told, lengths]) => {
        // The first may begin with what is secret, and the last end with it.
        const text = told
          .map(([filler, secret], at) => (at === 0 ? `${secret ?? ""} ${filler} ` : ` ${filler} ${secret ?? ""}`))
          .join("");
        const sent: string[] = [];
        const stream = guard.stream("answer", looking, (piece) => sent.push(piece));
        for (let at = 0, n = 0; at < text.length; n++) {
          const end = at + (lengths[n % lengths.length] ?? 1);
          stream.push(text.slice(at, end));
          at = end;
        }
        const cleaned = await stream.end();
        const shown = sent.join("");
        // As the whole text would come out, and nothing of what is secret.
        expect(shown).toBe(cleaned.text);
        expect((await guard.clean(text, "answer", looking)).text).toBe(shown);
        expect([...shown]).toHaveLength([...text].length);
        for (const part of told.flatMap(([, secret]) => (secret === null ? [] : parts(secret))))
          expect(shown).not.toContain(part);
        expect(JSON.stringify(cleaned.findings)).not.toContain('"word"');
      });
      await fc.assert(story, { numRuns });
    },
    600_000,
  );

  test("goes on behind an interruption as if there had been none", async () => {
    const guard = piiGuard({ removeEntityValue: false });
    const sent: string[] = [];
    const first = guard.stream("answer", looking, (piece) => sent.push(piece));
    first.push("Hello there. Write to jane.doe@exam");
    const { tail, text } = await first.interrupt();
    expect([text, tail]).toEqual([
      "Hello there. ",
      { text: "Write to jane.doe@exam", before: "Hello there. ", at: 13 },
    ]);
    const second = guard.stream("answer", looking, (piece) => sent.push(piece), tail);
    second.push("ple.com now.");
    const { findings } = await second.end();
    expect(sent.join("")).toBe("Hello there. Write to ******************** now.");
    expect(findings).toMatchObject([{ start: 22, end: 42, word: "jane.doe@example.com", action: "masked" }]);
  });
});

describe("what is found", () => {
  test("is said in code points of the text as it was", async () => {
    const { text, findings } = await piiGuard({ removeEntityValue: false }).clean(
      "😀😀 Grüß: jane@example.org 😀 or 10.1.2.3!",
      "answer",
      looking,
    );
    expect(text).toBe("😀😀 Grüß: **************** 😀 or ********!");
    expect(findings.map(({ entity, start, end, word }) => [entity, start, end, word])).toEqual([
      ["EmailAddress", 9, 25, "jane@example.org"],
      ["IpAddress", 31, 39, "10.1.2.3"],
    ]);
  });

  test("takes its sentence with it where nothing masks it, and leaves the others", async () => {
    const { text, findings } = await piiGuard().clean("Hello.  Ask jane@example.org!\n\nGood bye.", "answer", looking);
    expect(text).toBe(`Hello.  ${TEXT_REMOVED}\n\nGood bye.`);
    expect(findings).toMatchObject([{ action: "removed", start: 12, end: 28 }]);
  });

  test("counts from the threshold on", async () => {
    const over = (threshold: number) =>
      guardOver(
        "input",
        { hap: { input: { enabled: true, threshold } } },
        { hap: { detector: wordDetector("bad"), whenDown: "closed" } },
      ).guard?.find("a bad word", "query", looking);
    expect((await over(0.7))?.findings).toMatchObject([{ action: "blocked", word: "bad", score: 0.7 }]);
    expect((await over(0.71))?.findings).toEqual([]);
  });
});

describe("a detector that cannot look", () => {
  const down: Detector = {
    kind: "hap",
    name: "lab:judge",
    detect: () => Promise.reject(new DetectorFailure("lab:judge could not be asked.", { retryable: true })),
  };
  const asked = { hap: { output: on } };

  test("lets nothing through where that is closed", async () => {
    const { guard } = guardOver("output", asked, { hap: { detector: down, whenDown: "closed" } });
    const sent: string[] = [];
    const stream = guard?.stream("answer", looking, (piece) => sent.push(piece));
    stream?.push("One. Two. Three. Four.");
    await expect(stream?.end()).rejects.toThrow("lab:judge could not be asked.");
    expect(sent).toEqual([]);
  });

  test("is a warning where that is open", async () => {
    const { guard } = guardOver("output", asked, { hap: { detector: down, whenDown: "open" } });
    expect(await guard?.clean("One. Two.", "answer", looking)).toMatchObject({
      text: "One. Two.",
      warnings: [{ id: "DETECTOR_UNAVAILABLE", message: "hap was not looked for: lab:judge could not be asked." }],
    });
  });

  test("that there is not is a warning at once", () => {
    expect(guardOver("input", { socialBias: { input: on } }, {})).toEqual({
      guard: null,
      warnings: [{ id: "DETECTOR_UNAVAILABLE", message: "This server has no detector for socialBias in the input." }],
    });
  });
});
