/**
 * Reasoning that a server sends as the beginning of the text, between tags: `<think>Hm.</think>Paris.` It is no part of the answer.
 * Tags later in a text are text, which may be about tags.
 */

/** A piece of an answer, sorted. */
type Sorted = { thought: string; text: string };

const NAMES = ["think", "thinking", "thought", "reasoning"];
const OPENING = NAMES.map((name) => `<${name}>`);

export class ThoughtTags {
  /** `start` until it is clear whether a tag comes first; `gap` between the reasoning and the text. */
  #place: "start" | "thought" | "gap" | "text" = "start";
  /** A possible beginning of a tag. */
  #held = "";
  #closing = "";
  #hasThought = false;

  /** From now on pieces may pass unchanged. */
  get isText(): boolean {
    return this.#place === "text";
  }

  add(piece: string): Sorted {
    const given = this.#held + piece;
    this.#held = "";
    switch (this.#place) {
      case "start":
        return this.#begin(given);
      case "thought":
        return this.#think(given);
      case "gap":
      case "text":
        return { thought: "", text: this.#answer(given) };
    }
  }

  /** No more comes: the held text belongs to the part it was in. */
  end(): Sorted {
    const rest = this.#held;
    this.#held = "";
    return this.#place === "thought" ? { thought: rest, text: "" } : { thought: "", text: rest };
  }

  #begin(given: string): Sorted {
    const told = given.trimStart();
    const tag = OPENING.find((opening) => told.startsWith(opening));
    if (tag !== undefined) {
      this.#place = "thought";
      this.#closing = tag.replace("<", "</");
      return this.#think(told.slice(tag.length));
    }
    if (OPENING.some((opening) => opening.startsWith(told))) {
      this.#held = given;
      return { thought: "", text: "" };
    }
    this.#place = "text";
    return { thought: "", text: given };
  }

  /** Without the blanks between its tag and its first word. */
  #think(piece: string): Sorted {
    const given = this.#hasThought ? piece : piece.trimStart();
    this.#hasThought ||= given !== "";
    const end = given.indexOf(this.#closing);
    if (end !== -1) {
      this.#place = "gap";
      return { thought: given.slice(0, end), text: this.#answer(given.slice(end + this.#closing.length)) };
    }
    const kept = beginningAtEnd(given, this.#closing);
    this.#held = given.slice(given.length - kept);
    return { thought: given.slice(0, given.length - kept), text: "" };
  }

  #answer(given: string): string {
    const text = this.#place === "gap" ? given.trimStart() : given;
    if (text !== "") this.#place = "text";
    return text;
  }
}

/** How many characters at the end of `text` are the beginning of `tag`. */
function beginningAtEnd(text: string, tag: string): number {
  for (let length = Math.min(tag.length - 1, text.length); length > 0; length--)
    if (text.endsWith(tag.slice(0, length))) return length;
  return 0;
}
