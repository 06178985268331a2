/** No text makes a detector slow: what is looked at grows with the text, and not with its square. */
import { describe, expect, test } from "vitest";
import { processorMs } from "../../../test/processor-time.ts";
import { GUARDRAIL_KINDS } from "../../task/agent/guardrails.ts";
import { segmentsOf } from "../segments.ts";
import { detectionsIn } from "./detections.ts";

const CHARS = 30_000;
/** Of processor time for each 1,000 characters; about a tenth of it is usual. */
const MS_PER_THOUSAND = 25;

const UNITS = [
  "a",
  "@",
  "a@",
  "a.a@a.",
  "1",
  "1 ",
  "1-",
  "+49 1 ",
  "00491",
  "(",
  ".",
  ". ",
  "A. ",
  "Dr. ",
  "Anna ",
  "Anna-",
  "A'",
  "de ",
  " ",
  "\n",
  "\n\n",
  "DE12 ",
  "DE12ABCD",
  "4111 ",
  "fe80:",
  ":",
  "1.2.3.",
  "aa:",
  "eyJ",
  "eyJaaaaaaaaaaa.",
  "sk-",
  "password: ",
  "-----BEGIN PRIVATE KEY-----\n",
  "-----END ",
  "at (dot) ",
  "f u c k ",
  "*",
  "$!",
  "\u200b",
  "А",
  "😀",
  "born 1.1.",
  "Calle A ",
  "12 Main ",
  "rue de ",
  "St. ",
  "x://a:",
  "is is ",
  "。",
];

describe.each(GUARDRAIL_KINDS)("looking for %s", (kind) => {
  test.each(UNITS)("takes its share of time for %j and nothing else", (unit) => {
    const text = unit.repeat(Math.ceil(CHARS / unit.length));
    const segments = segmentsOf(text);
    const before = processorMs();
    for (const segment of segments) detectionsIn(kind, segment);
    expect(processorMs() - before).toBeLessThan((MS_PER_THOUSAND * CHARS) / 1_000);
  });
});
