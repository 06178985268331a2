import { describe, expect, test } from "vitest";
import { written } from "../../markdown.ts";
import { htmlDocument } from "./html.ts";

const markdown = (html: string) => written(htmlDocument(html).blocks);
const SENTENCES = "The kiln is fired twice a week. Pots dry for two days before that, and glaze is put on by hand. "
  .repeat(6)
  .trim();

describe("a page", () => {
  test("is its article: menus, banners, side columns, footers, consent and scripts are left out", () => {
    const text = markdown(`<!doctype html><html><head><title>Kiln</title><style>p{}</style></head><body>
      <header><a href="/">Home of pots</a></header>
      <nav><ul><li><a href="/a">Shop</a></li><li><a href="/b">Jobs</a></li></ul></nav>
      <div id="cookie-consent"><p>We value your privacy.</p><button>Accept</button></div>
      <main><article><h1>The kiln</h1><p>${SENTENCES}</p>
      <div class="share-buttons"><a href="x">Tweet this</a></div><script>alert("x")</script>
      <p hidden>unseen</p><p style="display: none">unseen</p></article></main>
      <aside>Read this too</aside><footer>© Pottery</footer></body></html>`);
    expect(text).toBe(`# The kiln\n\n${SENTENCES}`);
  });

  test("without names for its parts loses what is made of links alone", () => {
    const links = ["Shop", "Jobs", "Press", "Help"].map((name) => `<a href="/${name}">${name}</a>`).join(" ");
    expect(markdown(`<body><div>${links}</div><div><h2>Kiln</h2><p>${SENTENCES}</p></div></body>`)).toBe(
      `## Kiln\n\n${SENTENCES}`,
    );
  });

  test("keeps what holds most of its text, whatever that is called", () => {
    expect(markdown(`<div class="sidebar menu"><p>${SENTENCES}</p></div><p>Less.</p>`)).toContain("The kiln is fired");
  });

  test("keeps its title, also in a header or in what is called a banner", () => {
    expect(markdown(`<header><a href="/">Shop</a><h1>Kiln</h1></header><p>${SENTENCES}</p>`)).toContain("# Kiln");
    expect(markdown(`<div class="hero-banner"><h1>Kiln</h1></div><p>${SENTENCES}</p>`)).toContain("# Kiln");
  });

  test.each([
    [`<frameset><frame src=a.html></frameset><noframes><body><p>Go to <b>kilns</b>.</body></noframes>`, "Go to kilns."],
    [`<noscript><h1>Kiln</h1><p>${SENTENCES}</p></noscript><div id=root></div>`, `# Kiln\n\n${SENTENCES}`],
    ["<noscript>Please enable JavaScript.</noscript><div id=root></div>", ""],
    ["<title>Kiln</title><h1>The kiln</h1>Hot.", "# The kiln\n\nHot."],
    ["<p><img alt='A chart'><img alt='A kiln'></p>", "A chart A kiln"],
    [`<?xml version="1.0"?><html><body><p>Heat: <![CDATA[a < b]]></p></body></html>`, "Heat: a < b"],
    [`<p><img src="data:image/png;base64,${"A".repeat(1_000_000)}" alt="A kiln">Hot.</p>`, "A kiln Hot."],
  ])("is what a reader sees of it who loads nothing else and runs no scripts (%#)", (html, text) => {
    expect(markdown(html)).toBe(text);
  });

  test("tells its title, author and description", () => {
    const { title, author, properties } = htmlDocument(
      `<html lang="de"><title> Ofen &amp; Ton </title><meta name="author" content="Ada Brandt"><meta property="og:description" content="Über Öfen">`,
    );
    expect({ title, author, properties }).toEqual({
      title: "Ofen & Ton",
      author: "Ada Brandt",
      properties: { language: "de", description: "Über Öfen" },
    });
  });
});

describe("structure", () => {
  test("lists keep their nesting and their numbers, paragraphs of an item stay with it", () => {
    expect(
      markdown("<ol start=3><li>Wedge<ul><li>the clay<li>twice</ul><li><p>Throw</p><p>slowly</p></ol><p>Then rest."),
    ).toBe("3. Wedge\n  - the clay\n  - twice\n4. Throw slowly\n\nThen rest.");
  });

  test("tables keep rows, header and merged cells; tables that arrange a page are no tables", () => {
    expect(
      markdown(`<table role="presentation"><tr><td><table><caption>Glazes</caption>
        <thead><tr><th>Glaze<th>Cone</thead><tr><td rowspan=2>Celadon<td>6<tr><td>10 <b>high</b></table></td></tr></table>`),
    ).toBe("Glazes\n\n| Glaze | Cone |\n| --- | --- |\n| Celadon | 6 |\n| Celadon | 10 high |");
  });

  test("a table with a small one in a cell of its many is a table all the same", () => {
    const inner = "<table><tr><td>c<td>d</table>";
    expect(markdown(`<table><tr><th>A<th>B<tr><td>1<td>2<tr><td>3<td>4 ${inner}</table>`)).toBe(
      "| A | B |\n| --- | --- |\n| 1 | 2 |\n| 3 | 4 c d |",
    );
  });

  test("links lead somewhere, code keeps its lines, line breaks are lines", () => {
    expect(
      markdown(`<base href="https://pots.example/shop/"><p>See <a href="../help?x=1">the help</a>, <a href="#top">up</a>,
        <a href="javascript:x()">run</a>: <code>kiln --on</code></p><pre><code class="language-sh">a\n  b</code></pre>One<br>Two`),
    ).toBe("See [the help](https://pots.example/help?x=1), up, run: `kiln --on`\n\n```sh\na\n  b\n```\n\nOne\nTwo");
  });

  test("formulas are read as text", () => {
    expect(
      markdown(
        "<p><math><mi>E</mi><mo>=</mo><mfrac><mi>m</mi><mn>2</mn></mfrac><msup><mi>v</mi><mn>2</mn></msup></math>",
      ),
    ).toBe("E = m/2v^2");
  });
});

test("neither depth nor breakage stops the reading", () => {
  expect(markdown(`${"<div>".repeat(10_000)}deep`)).toBe("deep");
  expect(() => markdown("<div>".repeat(100_000))).toThrow("nested too deep");
  expect(markdown("<p>one<p>two</div></span><table><tr><td>x")).toBe("one\n\ntwo\n\nx");
  expect(markdown("")).toBe("");
});

test("numbers that lead to notes are marks, and ways back from them are no text", () => {
  expect(
    markdown('<p>Heavy.<a href="#n1"><sup>1</sup></a></p><ol><li>By the scales. <a href="#r1">↩︎</a></li></ol>'),
  ).toBe("Heavy.[^1]\n\n1. By the scales.");
});
