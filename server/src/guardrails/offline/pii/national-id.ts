/**
 * A number by which a state knows people: its shape, its check digits where it has some, and the words that people write
 * beside it. A shape that is common among other numbers counts only beside such a word.
 */
export type NationalId = {
  entity: string;
  /** As it is written, in capitals. */
  shape: string;
  /** Of the number without blanks and marks. */
  check: (id: string) => boolean;
  /** What people call it. */
  words: RegExp;
  /** How sure a number of this shape is with no such word beside it. */
  alone: number;
};

/** Numbers of nine and ten digits are common: they count beside their word only. */
export const ONLY_BESIDE = 0.3;
