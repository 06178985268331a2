/** One walk over an RTF text: groups open and close, words change what follows, text goes to the story at hand. */
import { charsetOfCodePage } from "../../charset.ts";
import { type Block, escaped, link, plain, written } from "../../markdown.ts";
import { depthOfStyle } from "../list-styles.ts";
import { CHARACTERS, charsetNumbered, FORMULA, INFORMATION, LEFT_OUT, MARGINS, OPTIONAL_TEXT } from "./destinations.ts";
import { Paragraphs } from "./paragraphs.ts";
import type { Token } from "./tokens.ts";

/** What a group inherits from the one around it, and loses with its end. */
type Group = {
  /** `text`, `skip`, or the word of what it is for. */
  purpose: string;
  optional: boolean;
  charset: string;
  hidden: boolean;
  /** Characters that stand for one of Unicode, for older readers. */
  substitutes: number;
};

const GROUPS_MAX = 2_000;
const PURPOSES = /^(fonttbl|stylesheet|info|listtext|pntext|fldinst|field|footnote|shptxt)$/;
const PAGE_FIELD = /^\s*(PAGE|NUMPAGES|SECTIONPAGES)\b/i;

export class RtfWalk {
  readonly information: Record<string, string> = {};
  readonly margins: Block[] = [];
  readonly #stories = [new Paragraphs()];
  readonly #groups: Group[] = [];
  #group: Group = { purpose: "text", optional: false, charset: "windows-1252", hidden: false, substitutes: 1 };
  #deeper = 0;
  #bytes = "";
  #toSkip = 0;
  /** Text of a group that is not the document's. */
  #captured = "";
  readonly #fonts = new Map<number, string>();
  #font: number | null = null;
  readonly #headings = new Map<number, number>();
  /** Of styles whose items are shown deeper. */
  readonly #depths = new Map<number, number>();
  #style: { number: number | null; level: number | null } = { number: null, level: null };
  readonly #fields: { instruction: string; resultAt: number; story: Paragraphs }[] = [];
  #notes = 0;

  take(token: Token): void {
    if (token.kind !== "bytes") this.#flushBytes();
    switch (token.kind) {
      case "open":
        this.#open();
        return;
      case "close":
        this.#close();
        return;
      case "word":
        if (this.#deeper === 0) this.#word(token.word, token.value);
        return;
      case "symbol":
        if (this.#deeper === 0) this.#symbol(token.symbol);
        return;
      case "bytes":
        if (this.#deeper === 0) this.#take(token.bytes);
    }
  }

  end(): Block[] {
    this.#flushBytes();
    while (this.#groups.length > 0) this.#close();
    return this.#story.end();
  }

  get #story(): Paragraphs {
    const story = this.#stories.at(-1);
    if (story === undefined) throw new Error("no story is open");
    return story;
  }

  #open(): void {
    // Deeper groups are left out: no document needs them.
    if (this.#groups.length >= GROUPS_MAX) {
      this.#deeper += 1;
      return;
    }
    this.#groups.push(this.#group);
    this.#group = { ...this.#group, optional: false };
  }

  #close(): void {
    if (this.#deeper > 0) {
      this.#deeper -= 1;
      return;
    }
    const ended = this.#group;
    const outer = this.#groups.pop();
    if (outer === undefined) return;
    this.#group = outer;
    if (ended.purpose !== outer.purpose) this.#endPurpose(ended.purpose);
    else if (ended.purpose === "stylesheet") this.#endStyle();
  }

  #begin(purpose: string): void {
    this.#group.purpose = purpose;
    this.#captured = "";
    if (purpose === "field")
      this.#fields.push({ instruction: "", resultAt: this.#story.text.length, story: this.#story });
    if (purpose === "footnote" || purpose === "shptxt" || MARGINS.test(purpose)) this.#stories.push(new Paragraphs());
  }

  #endPurpose(purpose: string): void {
    const text = plain(this.#captured).trim();
    if (purpose === "listtext" || purpose === "pntext") this.#story.label = text;
    else if (purpose === "fldinst") for (const field of this.#fields.slice(-1)) field.instruction = text;
    else if (purpose === "field") this.#endField();
    else if (purpose === "stylesheet") this.#endStyle();
    else if (purpose === "footnote" || purpose === "shptxt" || MARGINS.test(purpose)) this.#endStory(purpose);
    else if (Object.hasOwn(INFORMATION, purpose) && text !== "") this.information[INFORMATION[purpose] ?? ""] = text;
    this.#captured = "";
  }

  #endStory(purpose: string): void {
    if (this.#stories.length < 2) return;
    const blocks = this.#stories.pop()?.end() ?? [];
    if (MARGINS.test(purpose)) this.margins.push(...blocks);
    else if (purpose === "shptxt") this.#story.after.push(...blocks);
    else {
      const text = written(blocks).replaceAll(/\s+/g, " ");
      if (text === "") return;
      this.#notes += 1;
      this.#story.text += `[^${this.#notes}]`;
      this.#story.after.push({ kind: "paragraph", text: `[^${this.#notes}]: ${text}` });
    }
  }

  #endField(): void {
    const field = this.#fields.pop();
    if (field === undefined || field.story !== this.#story) return;
    const result = this.#story.text.slice(field.resultAt);
    const before = this.#story.text.slice(0, field.resultAt);
    const target = /^HYPERLINK\s+"?([^"\s]+)"?/i.exec(field.instruction)?.[1];
    if (PAGE_FIELD.test(field.instruction)) {
      this.#story.holdsPageNumber = true;
      this.#story.text = before;
    } else if (target !== undefined) this.#story.text = before + link(result, target);
  }

  #endStyle(): void {
    const name = plain(this.#captured).trim().replace(/;$/, "");
    const named = /^heading ([1-9])$/i.exec(name)?.[1] ?? (/^title$/i.test(name) ? "1" : undefined);
    const level = named === undefined ? this.#style.level : Number(named);
    if (this.#style.number !== null && level !== null) this.#headings.set(this.#style.number, level);
    if (this.#style.number !== null) this.#depths.set(this.#style.number, depthOfStyle([name]));
    this.#style = { number: null, level: null };
    this.#captured = "";
  }

  #symbol(symbol: string): void {
    if (symbol === "*") this.#group.optional = true;
    else if (symbol === "~") this.#say(" ");
    else if (symbol === "_") this.#say("-");
    else if (symbol === "\\" || symbol === "{" || symbol === "}") this.#take(symbol);
    else if (symbol === "\n" || symbol === "\r") this.#word("par", null);
  }

  #word(word: string, value: number | null): void {
    if (this.#group.purpose === "skip") return;
    if (this.#isPurpose(word)) return;
    switch (word) {
      case "ansicpg":
        this.#group.charset = charsetOfCodePage(value ?? 0);
        return;
      case "uc":
        this.#group.substitutes = Math.max(value ?? 1, 0);
        return;
      case "u":
        this.#say(String.fromCharCode(((value ?? 0) + 0x10000) & 0xffff));
        this.#toSkip = this.#group.substitutes;
        return;
      case "f":
        this.#setFont(value ?? 0);
        return;
      case "fcharset":
        if (this.#group.purpose === "fonttbl" && this.#font !== null)
          this.#fonts.set(this.#font, charsetNumbered(value ?? 0) ?? "windows-1252");
        return;
      case "plain":
        this.#group.hidden = false;
        return;
      case "v":
      case "deleted":
        this.#group.hidden = value !== 0;
        return;
      default:
        if (Object.hasOwn(CHARACTERS, word)) this.#say(CHARACTERS[word] ?? "");
        else if (this.#group.purpose === "stylesheet") this.#styleWord(word, value);
        else this.#paragraphWord(word, value);
    }
  }

  /** Whether the word says what its group is for. */
  #isPurpose(word: string): boolean {
    const { optional, purpose } = this.#group;
    this.#group.optional = false;
    if (/^m[A-Za-z]*Pr$/.test(word) || LEFT_OUT.has(word)) this.#group.purpose = "skip";
    else if (PURPOSES.test(word) || MARGINS.test(word)) this.#begin(word);
    else if (purpose === "info" && Object.hasOwn(INFORMATION, word)) this.#begin(word);
    // The same once more, for readers that know Unicode.
    else if (word === "ud" && purpose === "info") return true;
    else if (optional && !OPTIONAL_TEXT.has(word) && !FORMULA.test(word)) this.#group.purpose = "skip";
    else if (word === "mden") this.#say("/");
    else return false;
    return true;
  }

  #setFont(font: number): void {
    this.#font = font;
    const charset = this.#fonts.get(font);
    if (this.#group.purpose !== "fonttbl" && charset !== undefined) this.#group.charset = charset;
  }

  #styleWord(word: string, value: number | null): void {
    if (word === "s") this.#style.number = value;
    if (word === "outlinelevel" && value !== null && value < 9) this.#style.level = value + 1;
  }

  #paragraphWord(word: string, value: number | null): void {
    const story = this.#story;
    switch (word) {
      case "par":
      case "sect":
        story.endParagraph();
        return;
      case "pard":
        // The label of an item is written with properties of its own.
        if (this.#group.purpose !== "listtext" && this.#group.purpose !== "pntext") {
          const { label } = story;
          story.reset();
          story.label = label;
        }
        return;
      case "s":
        story.heading = this.#headings.get(value ?? -1) ?? null;
        story.styleDepth = this.#depths.get(value ?? -1) ?? 0;
        return;
      case "outlinelevel":
        story.heading = value !== null && value < 9 ? value + 1 : null;
        return;
      case "ilvl":
        story.depth = Math.min(Math.max(value ?? 0, 0), 8);
        return;
      case "li":
        story.indent = value ?? 0;
        return;
      case "fi":
        story.firstIndent = value ?? 0;
        return;
      case "intbl":
        story.inTable = true;
        return;
      case "trowd":
        story.beginRow();
        return;
      case "clmrg":
        story.mergeCell("left");
        return;
      case "clvmrg":
        story.mergeCell("up");
        return;
      case "cellx":
        story.cellEdge(value ?? 0);
        return;
      case "cell":
        story.endCell();
        return;
      case "row":
        story.endRow();
    }
  }

  #take(bytes: string): void {
    let from = 0;
    if (this.#toSkip > 0) {
      from = Math.min(this.#toSkip, bytes.length);
      this.#toSkip -= from;
    }
    this.#bytes += bytes.slice(from);
  }

  #flushBytes(): void {
    this.#toSkip = this.#bytes === "" ? this.#toSkip : 0;
    if (this.#bytes === "") return;
    const bytes = Buffer.from(this.#bytes, "latin1");
    this.#bytes = "";
    this.#say(new TextDecoder(this.#group.charset).decode(bytes));
  }

  #say(text: string): void {
    const { purpose, hidden } = this.#group;
    if (purpose === "skip" || purpose === "fonttbl" || purpose === "info" || hidden) return;
    if (
      purpose === "text" ||
      purpose === "field" ||
      purpose === "footnote" ||
      purpose === "shptxt" ||
      MARGINS.test(purpose)
    )
      this.#story.text += text === "\n" ? text : escaped(text);
    else this.#captured += text;
  }
}
