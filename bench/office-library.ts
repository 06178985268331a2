/** The library for workbooks called directly, in a process like those that read files: loaded, and new to its work. */
import { readFileSync } from "node:fs";
import xlsx from "@e965/xlsx";

process.on("message", (file: string) => {
  const book = xlsx.read(readFileSync(file), { dense: true });
  const pages = book.SheetNames.map((name) => {
    const sheet = book.Sheets[name];
    return sheet ? xlsx.utils.sheet_to_csv(sheet) : "";
  });
  process.send?.({ pages });
});
process.on("disconnect", () => process.exit());
process.send?.("ready");
