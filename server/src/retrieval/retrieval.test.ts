import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fused, trustIn } from "./fusion.ts";
import { highlightsOf } from "./highlights.ts";
import { lexicalScores } from "./lexical.ts";
import { encodePostings, Postings, SLICE_CHUNKS } from "./postings.ts";
import { Direction, quantised, VectorRows } from "./quantised.ts";
import { stemOf } from "./stemmer.ts";
import { eachTerm, hashOf, questionTerms } from "./terms.ts";

function terms(text: string): string[] {
  const heard: string[] = [];
  eachTerm(text, (term) => heard.push(term));
  return heard;
}

function slicesOf(texts: readonly string[]) {
  const slices = [];
  for (let first = 0; first < texts.length; first += SLICE_CHUNKS) {
    const own = texts.slice(first, first + SLICE_CHUNKS);
    slices.push({ first, chunks: own.length, postings: new Postings(encodePostings(new Map(own.entries()))) });
  }
  return slices;
}

function sourcesOf(texts: readonly string[]) {
  return slicesOf(texts).map(({ first, chunks, postings }) => ({
    first,
    lengths: postings.lengths.subarray(0, chunks),
    listsWith: () => postings,
  }));
}

function all(count: number) {
  return { count, searched: count, isSearched: new Uint8Array(count).fill(1) };
}

describe("the words of a text", () => {
  test.each([
    ["Running pumps were inspected", ["run", "pump", "were", "inspect"]],
    ["Größe ÜBERSICHT café", ["große", "ubersicht", "cafe"]],
    ["part XR-4471/B", ["part", "xr", "4471", "b", "xr4471b"]],
    ["boundary-layer", ["boundari", "layer"]],
    ["a.smith@example.org", ["a", "smith", "exampl", "org", "asmithexampleorg"]],
    ["ＡＢＣ", ["abc"]],
    ["... !?", []],
  ])("of %j are %j", (text, expected) => {
    expect(terms(text)).toEqual(expected);
  });

  test("without spaces are parted by a dictionary, however long they go on", () => {
    expect(terms("東京の天気")).toEqual(["東京", "の", "天気"]);
    expect(terms("天気".repeat(5_000)).length).toBeGreaterThan(1_000);
  });

  test("stand where they say", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 200 }), (text) => {
        let reached = 0;
        eachTerm(text, (term, start, end) => {
          expect(term).not.toBe("");
          expect(start).toBeLessThan(end);
          expect(end).toBeGreaterThanOrEqual(reached);
          expect(end).toBeLessThanOrEqual(text.length);
          reached = end;
        });
      }),
    );
  });

  test("are none where only marks stand on what is no word", () => {
    expect(terms("\u2190\u0338")).toEqual([]);
  });

  // Porter's own examples.
  test.each([
    ["caresses", "caress"],
    ["ponies", "poni"],
    ["agreed", "agre"],
    ["plastered", "plaster"],
    ["motoring", "motor"],
    ["conflated", "conflat"],
    ["hopping", "hop"],
    ["filing", "file"],
    ["happy", "happi"],
    ["relational", "relat"],
    ["vietnamization", "vietnam"],
    ["formative", "form"],
    ["adjustment", "adjust"],
    ["adoption", "adopt"],
    ["probate", "probat"],
    ["controll", "control"],
    ["sky", "sky"],
  ])("%s has the stem %s", (word, stem) => {
    expect(stemOf(word)).toBe(stem);
  });

  test("of a question are those that say something, where there are any", () => {
    expect([...questionTerms("What is the pressure of the pump?")]).toEqual(["pressur", "pump"]);
    expect([...questionTerms("to be or not to be")]).toEqual(["to", "be", "or", "not"]);
  });
});

describe("postings", () => {
  test("have each term of each chunk as often as it is there", () => {
    const word = fc.constantFrom("pump", "valve", "seal", "XR-1", "ölig", "東京", "the");
    const texts = fc.array(
      fc.array(word, { maxLength: 30 }).map((words) => words.join(" ")),
      { minLength: 1, maxLength: 80 },
    );
    fc.assert(
      fc.property(texts, (texts) => {
        const slices = slicesOf(texts);
        for (const term of ["pump", "xr1", "olig", "東京", "absent"]) {
          const own = texts.filter((text) => terms(text).includes(term)).length;
          const found = slices.map(({ postings }) => ({ postings, at: postings.find(hashOf(term)) }));
          const having = found.reduce((sum, { postings, at }) => sum + (at < 0 ? 0 : postings.having(at)), 0);
          expect(having).toBe(own);
        }
        for (const { postings, first, chunks } of slices) {
          for (let place = 0; place < chunks; place++) {
            expect(postings.lengths[place]).toBe(terms(texts[first + place] ?? "").length);
          }
        }
      }),
    );
  });

  test("rank a chunk by rare words before frequent ones, and by share before number", () => {
    const texts = ["pump pump pump pump", "pump valve", `valve ${"other ".repeat(50)}`, "pump", "pump"];
    const { scores, scoreMax } = lexicalScores("the pump valve", sourcesOf(texts), all(texts.length));
    const order = [...scores.keys()].toSorted((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0));
    expect(order[0]).toBe(1);
    expect(Math.max(...scores)).toBeLessThanOrEqual(scoreMax * 2.5);
    expect(lexicalScores("", sourcesOf(texts), all(texts.length)).scores.every((score) => score === 0)).toBe(true);
  });
});

describe("both scores together", () => {
  const lexical = { scores: Float32Array.of(2, 1, 0, 0), scoreMax: 4 };

  test("are between 0 and 1, and keep the order of one where the other is silent", () => {
    const numbers = fc.array(fc.float({ min: -1, max: 1, noNaN: true }), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(numbers, (cosines) => {
        const scores = fused(lexical, Float32Array.from(cosines), all(4), trustIn("local:any", "the pump"));
        expect(scores.every((score) => score >= 0 && score <= 1)).toBe(true);
      }),
    );
    expect([...fused(lexical, null, all(4), trustIn("local:any", "the pump"))]).toEqual([0.5, 0.25, 0, 0]);
    const silent = { scores: new Float32Array(3), scoreMax: 5 };
    const [near, far] = fused(silent, Float32Array.of(0.9, 0.1, 0.5), all(3), trustIn("openai:any", "the pump"));
    expect([near, far]).toEqual([1, 0]);
  });

  test("leave the words their order where the meaning of all is about the same", () => {
    const close = { scores: Float32Array.of(1, 0.9, 0.86), scoreMax: 2 };
    const order = (...cosines: number[]) => {
      const scores = fused(close, Float32Array.from(cosines), all(3), trustIn("local:any", "the pump"));
      return [...scores.keys()].toSorted((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0));
    };
    expect(order(0.91, 0.9, 0.91)).toEqual([0, 1, 2]);
    expect(order(0.9, 0.5, 0.9)).toEqual([0, 2, 1]);
  });

  test("give a weak model less of a say, the more of the question the words answer", () => {
    const isSecond = (scoreMax: number) => {
      const words = { scores: Float32Array.of(1, 0.95, 0.8), scoreMax };
      const [, second, third] = fused(words, Float32Array.of(0.9, 0.1, 0.9), all(3), trustIn("local:any", "the pump"));
      return (second ?? 0) > (third ?? 0);
    };
    expect([isSecond(1), isSecond(5)]).toEqual([true, false]);
  });

  test("of a weak model leave first what the words find best, those of a strong one need not", () => {
    const words = { scores: Float32Array.of(1, 0.99, 0), scoreMax: 3 };
    const isFirst = (model: string, question = "the pump in 3 parts") => {
      const [first, second] = fused(words, Float32Array.of(0.1, 0.9, 0.1), all(3), trustIn(model, question));
      return (first ?? 0) > (second ?? 0);
    };
    expect([isFirst("local:any"), isFirst("openai:any")]).toEqual([true, false]);
    // No model knows what a number names.
    for (const name of ["XR-4471/B", "4711", "12.3.4", "mp3"]) expect(isFirst("openai:any", `pump ${name}`)).toBe(true);
  });

  test("ask a table of Latin words nothing about words in other letters, as long as words find anything", () => {
    const words = { scores: Float32Array.of(1, 0.99, 0.98), scoreMax: 2 };
    const cosines = Float32Array.of(0.8, 0.1, 0.9);
    const order = (question: string) => {
      const scores = fused(words, cosines, all(3), trustIn("local:any", question));
      return [...scores.keys()].toSorted((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0));
    };
    expect(order("возврат товара")).toEqual([0, 1, 2]);
    expect(order("příliš žluťoučký")).toEqual([0, 2, 1]);
    expect(order("4711-22")).toEqual([0, 2, 1]);
    const silent = { scores: new Float32Array(3), scoreMax: 5 };
    expect(fused(silent, cosines, all(3), trustIn("local:any", "возврат"))[2]).toBe(1);
  });

  test("of a weak model decide between chunks that the words leave equal", () => {
    const even = { scores: Float32Array.of(1, 1, 0), scoreMax: 2 };
    const [first, second, third] = fused(
      even,
      Float32Array.of(0.2, 0.4, 0.9),
      all(3),
      trustIn("local:any", "the pump"),
    );
    expect(second ?? 0).toBeGreaterThan(first ?? 0);
    expect(first ?? 0).toBeGreaterThan(third ?? 0);
  });
});

describe("vectors in bytes", () => {
  test("have nearly the cosine of the whole ones", () => {
    const vector = fc.array(fc.float({ min: -1, max: 1, noNaN: true }), { minLength: 64, maxLength: 64 });
    fc.assert(
      fc.property(vector, vector, (one, other) => {
        const dot = (a: number[], b: number[]) => a.reduce((sum, value, n) => sum + value * (b[n] ?? 0), 0);
        const [length, lengthOfOther] = [Math.sqrt(dot(one, one)), Math.sqrt(dot(other, other))];
        fc.pre(length > 0.1 && lengthOfOther > 0.1);
        const cosines = new Float32Array(1);
        new VectorRows(quantised(Float32Array.from(one)), 64).writeCosines(
          new Direction(Float32Array.from(other)),
          0,
          cosines,
          all(1).isSearched,
        );
        expect(Math.abs((cosines[0] ?? 0) - dot(one, other) / length / lengthOfOther)).toBeLessThan(0.02);
      }),
    );
  });

  test("of nothing are near nothing", () => {
    const cosines = Float32Array.of(9, 9);
    new VectorRows(new Int8Array(8), 4).writeCosines(
      new Direction(Float32Array.of(1, 0, 0, 0)),
      0,
      cosines,
      all(2).isSearched,
    );
    expect([...cosines]).toEqual([0, 0]);
  });
});

test("what of a text fits a question is marked, with neighbours as one", () => {
  const text = "The pumps are inspected; part XR-4471/B leaks.";
  const marked = highlightsOf(text, questionTerms("inspecting the pump XR4471B"));
  expect(marked.map(({ start, end }) => text.slice(start, end))).toEqual(["pumps", "inspected", "XR-4471/B"]);
  expect(highlightsOf("東京の天気は晴れ", questionTerms("天気"))).toEqual([{ start: 3, end: 5 }]);
});
