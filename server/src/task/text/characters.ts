/** How long a text is, in characters as schemas count them: code points. */

/** Whether a text has at most so many. One that is longer than they can be in UTF-16 is not counted. */
export function isWithin(text: string, max: number): boolean {
  return text.length <= max || (text.length <= 2 * max && Array.from(text).length <= max);
}
