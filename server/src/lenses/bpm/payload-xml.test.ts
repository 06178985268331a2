import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { payloadFromXml, payloadXml } from "./payload-xml.ts";

test("a payload is XML with an element for each value", () => {
  const payload = { "a b": [1, null, { c: "<&>\u0001" }], "2": true, none: null, list: [], object: {} };
  expect(payloadXml(payload)).toBe(
    '<?xml version="1.0" encoding="UTF-8"?>\n<payload><_2>true</_2><a_b>1</a_b><a_b/><a_b><c>&lt;&amp;&gt;</c></a_b>' +
      "<none/><object></object></payload>",
  );
  expect(payloadXml(null)).toBe('<?xml version="1.0" encoding="UTF-8"?>\n<payload></payload>');
});

test("a long payload is made piece by piece, and no character is cut in half", async () => {
  const payload = { text: `x${"😀&".repeat(600_000)}`, list: Array.from({ length: 100_000 }, (_, n) => ({ n })) };
  const xml = payloadXml(payload);
  if (!(xml instanceof Readable)) throw new Error("It is long.");
  const pieces: Buffer[] = [];
  for await (const piece of xml) pieces.push(Buffer.from(piece));
  expect(pieces.length).toBeGreaterThan(4);
  expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(4_000_000);
  const whole = Buffer.concat(pieces).toString();
  const [, text = "", list = ""] = /<payload><text>(.*)<\/text>(.*)<\/payload>$/.exec(whole) ?? [];
  expect(text.replaceAll("&amp;", "&") === payload.text).toBe(true);
  expect(list === payload.list.map(({ n }) => `<list><n>${n}</n></list>`).join("")).toBe(true);
  expect(payloadFromXml(`<payload>${list.slice(0, list.indexOf("<list><n>3<"))}</payload>`)).toEqual({
    list: [{ n: 0 }, { n: 1 }, { n: 2 }],
  });
});
