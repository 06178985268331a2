import { describe, expect, test } from "vitest";
import { pdfOf, stream } from "../../suite/pdf-file.ts";
import { readingOfFiles } from "../../suite/reading-files.ts";

const { read } = readingOfFiles({ here: true });

/** A page with these words and annotations; those of a form are fields of it. */
function formFile(words: string, annotations: readonly string[]): Buffer {
  const first = 6;
  const kids = annotations.map((_, at) => `${first + at} 0 R`).join(" ");
  return pdfOf([
    `<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [${kids}] >> >>`,
    "<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
    `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Annots [${kids}] /Resources << /Font << /F1 5 0 R >> >> >>`,
    stream(Buffer.from(words)),
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ...annotations.map((annotation) => `<< /Type /Annot ${annotation} >>`),
  ]);
}

const words = (at: number, text: string) => `BT /F1 10 Tf 72 ${at} Td (${text}) Tj ET`;
const field = (at: number, more: string) => `/Subtype /Widget /Rect [160 ${at - 3} 300 ${at + 11}] ${more}`;

describe("a form", () => {
  test("what was filled in stands beside the names of the fields, and what people choose as they read it", async () => {
    const bytes = formFile([words(700, "Name"), words(670, "Course"), words(640, "Paid")].join("\n"), [
      field(700, "/FT /Tx /T (name) /V (Nell Arden)"),
      field(670, "/FT /Ch /Ff 131072 /T (course) /Opt [[(c1) (Throwing)] [(c2) (Glazing)]] /V (c2)"),
      field(640, "/FT /Btn /T (paid) /V /Yes /AS /Yes /AP << /N << /Yes 4 0 R /Off 4 0 R >> >>"),
    ]);
    const { text } = await read(bytes, "form.pdf");
    expect(text.split("\n").filter((line) => line !== "" && !line.includes("---"))).toEqual([
      "| Name | Nell Arden |",
      "| Course | Glazing |",
      "| Paid | [x] |",
    ]);
  });

  test("a note that was typed onto the page is read; a password and what is hidden are not", async () => {
    const bytes = formFile(words(700, "The contract of the workshop."), [
      field(640, "/FT /Tx /Ff 8192 /T (code) /V (open sesame)"),
      field(610, "/FT /Tx /F 2 /T (token) /V (4711)"),
      "/Subtype /FreeText /Rect [72 560 300 580] /DA (/Helv 10 Tf) /Contents (Signed on Monday.)",
      "/Subtype /Text /Rect [400 560 420 580] /Contents (Ask the lawyer about this.)",
    ]);
    expect((await read(bytes, "contract.pdf")).text).toBe("The contract of the workshop.\n\nSigned on Monday.");
  });
});
