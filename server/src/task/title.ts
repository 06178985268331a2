/** Titles of tasks and conversations: one line that reads as it is written. */

/**
 * Control characters, marks of direction and what has no width; a joiner stays where it makes one picture of two, and both it and
 * its opposite where they shape the letters of a script.
 */
const INVISIBLE =
  /(?<!\p{Extended_Pictographic}\ufe0f?|\p{Emoji_Modifier}|[\u0600-\u08ff\u0900-\u0dff\u1000-\u109f\u1780-\u17ff])\u200d|\u200d(?!\p{Extended_Pictographic}|[\u0600-\u08ff\u0900-\u0dff\u1000-\u109f\u1780-\u17ff])|(?<![\u0600-\u08ff\u0900-\u0dff\u1000-\u109f\u1780-\u17ff])\u200c|\u200c(?![\u0600-\u08ff\u0900-\u0dff\u1000-\u109f\u1780-\u17ff])|[\p{Cc}\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufeff]/gu;
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
