/**
 * Ends a text at the first of several sequences, while the text arrives in pieces. A possible beginning of a sequence is held back
 * until the next piece decides, so that no text after an end is ever passed on.
 */

export class StopSequences {
  readonly #sequences: readonly string[];
  readonly #include: boolean;
  #held = "";
  /** The sequence that has ended the text. */
  stoppedBy: string | null = null;

  constructor(sequences: readonly string[], { include }: { include: boolean }) {
    this.#sequences = sequences.filter((sequence) => sequence !== "");
    this.#include = include;
  }

  /** The part of the text so far that can be passed on. With `pass`, no sequence is looked for in this piece. */
  push(piece: string, pass = false): string {
    if (this.stoppedBy !== null) return "";
    const text = this.#held + piece;
    if (pass) {
      this.#held = "";
      return text;
    }
    const first = this.#first(text);
    if (first !== null) {
      this.#held = "";
      this.stoppedBy = first.sequence;
      return text.slice(0, first.at) + (this.#include ? first.sequence : "");
    }
    const begun = this.#begun(text);
    this.#held = text.slice(text.length - begun);
    return text.slice(0, text.length - begun);
  }

  /** Text that was held back for a sequence that did not come. */
  end(): string {
    const held = this.#held;
    this.#held = "";
    return held;
  }

  /** The sequence that comes first, and the longest of those that begin there. */
  #first(text: string): { at: number; sequence: string } | null {
    let found: { at: number; sequence: string } | null = null;
    for (const sequence of this.#sequences) {
      const at = text.indexOf(sequence);
      if (at < 0) continue;
      if (found === null || at < found.at || (at === found.at && sequence.length > found.sequence.length)) {
        found = { at, sequence };
      }
    }
    return found;
  }

  /** How many characters at the end are the beginning of a sequence. */
  #begun(text: string): number {
    let longest = 0;
    for (const sequence of this.#sequences) {
      for (let length = Math.min(sequence.length - 1, text.length); length > longest; length--) {
        if (text.endsWith(sequence.slice(0, length))) longest = length;
      }
    }
    return longest;
  }
}
