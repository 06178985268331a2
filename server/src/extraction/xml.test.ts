import { expect, test } from "vitest";
import { childrenOf, findIn, textOf } from "./element.ts";
import { LIMITS } from "./limits.ts";
import { parseXml } from "./xml.ts";

test("a text becomes its elements, by their names without a prefix", () => {
  const root = parseXml('<w:a xmlns:w="urn:w"><w:b w:val="1">x &amp; y</w:b><c/><w:b>z</w:b></w:a>', LIMITS);
  expect(childrenOf(root, "b").map(textOf)).toEqual(["x & y", "z"]);
  expect(findIn(root, "b")?.attributes["w:val"]).toBe("1");
});

test("attributes have their usual prefixes, also when a program made up its own", () => {
  const uri = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
  const root = parseXml(`<ns0:a xmlns:ns0="${uri}"><ns0:b ns0:val="1" id="2"/></ns0:a>`, LIMITS);
  expect(findIn(root, "b")?.attributes).toEqual({ "w:val": "1", id: "2" });
});

test("entities that a text declares itself never grow, and none from outside is looked at", () => {
  const lol = Array.from({ length: 20 }, (_, at) => `<!ENTITY l${at + 1} "${`&l${at};`.repeat(10)}">`).join("");
  const bomb = `<!DOCTYPE x [<!ENTITY l0 "lol">${lol}]><x>&l20;</x>`;
  const outside = '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><x>&f;</x>';
  expect(() => parseXml(bomb, LIMITS)).toThrow(expect.objectContaining({ failure: "invalid_file" }));
  expect(() => parseXml(outside, LIMITS)).toThrow(expect.objectContaining({ failure: "invalid_file" }));
});

test("what is nested too deep or has too many parts is too large, and what is damaged invalid", () => {
  expect(() => parseXml("<a>".repeat(100_000), LIMITS)).toThrow(expect.objectContaining({ failure: "too_large" }));
  const wide = `<a>${"<b/>".repeat(1_001)}</a>`;
  expect(() => parseXml(wide, { ...LIMITS, xmlNodes: 1_000 })).toThrow(
    expect.objectContaining({ failure: "too_large" }),
  );
  expect(() => parseXml("<a><b></a>", LIMITS)).toThrow(expect.objectContaining({ failure: "invalid_file" }));
});
