/** Titles of tasks and conversations: one line that reads as it is written. */

/** Arabic, Indic, Burmese and Khmer scripts: what joins and what parts their letters shapes them. */
const SHAPED = String.raw`\u0600-\u08ff\u0900-\u0dff\u1000-\u109f\u1780-\u17ff`;
const NON_JOINER = String.raw`(?<![${SHAPED}])\u200c|\u200c(?![${SHAPED}])`;
/** One that stands between two pictures makes them one. */
const JOINER = String.raw`(?<!\p{Extended_Pictographic}\ufe0f?|\p{Emoji_Modifier}|[${SHAPED}])\u200d|\u200d(?!\p{Extended_Pictographic}|[${SHAPED}])`;
/** Control characters, halves of characters, marks of direction, and what has no width. */
const UNSEEN = String.raw`[\p{Cc}\p{Cs}\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufeff]`;
const INVISIBLE = new RegExp(`${JOINER}|${NON_JOINER}|${UNSEEN}`, "gu");
/** Most titles are plain, which is found out sooner. */
const PLAIN = /^[\x20-\x7e]*$/;
/** Where a text is not one line with single spaces. */
const BROKEN = /[^\S ]| {2}/;

/** The text without what a reader does not see. */
export function seen(text: string): string {
  return PLAIN.test(text) ? text : text.replace(INVISIBLE, "");
}

/** A title of at most `max` characters, made of any text. */
export function titleOf(text: string, max: number): string {
  const part = text.slice(0, max * 4);
  const line = seen(BROKEN.test(part) ? part.replaceAll(/\s+/g, " ") : part).trim();
  // By code points, so that no character is cut in half.
  return line.length <= max ? line : `${[...line.slice(0, max * 2)].slice(0, max - 1).join("")}…`;
}
