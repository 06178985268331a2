/**
 * Western texts of old computers: DOS wrote them in code page 850, the Mac in its own. Their letters are signs in Windows'
 * charset, in the middle of words, and that is how they are told from it.
 */

const DOS_850 =
  "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u00ad±‗¾¶§÷¸°¨·¹³²■\u00a0";

/** Of the letters: a text of which more are beyond ASCII is not written in Latin letters. */
const BEYOND_MAX = 0.3;
/** Of what is beyond ASCII: it makes good words. */
const GOOD_MIN = 0.85;
/** Better than any other charset by as much. */
const BETTER_BY = 0.3;

export function dos850(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte < 0x80 ? String.fromCharCode(byte) : (DOS_850[byte - 0x80] ?? "");
  return text;
}

/** Null when Windows' charset, or the one that was guessed, makes words as good of it. */
export function oldWestern(sample: Uint8Array, guessed: string): "ibm850" | "macintosh" | null {
  const letters = sample.filter((byte) => byte >= 0x80 || (byte >= 0x41 && byte <= 0x7a)).length;
  const beyond = sample.filter((byte) => byte >= 0x80).length;
  if (beyond === 0 || beyond > letters * BEYOND_MAX) return null;
  const read = (label: string) => goodShare(new TextDecoder(label).decode(sample));
  const usual = Math.max(read("windows-1252"), guessed === "big5" || guessed === "gb18030" ? 0 : read(guessed));
  const found = { ibm850: goodShare(dos850(sample)), macintosh: read("macintosh") };
  const best = found.ibm850 >= found.macintosh ? "ibm850" : "macintosh";
  return found[best] >= GOOD_MIN && found[best] >= usual + BETTER_BY ? best : null;
}

/** Of the characters beyond ASCII: letters that suit their neighbours, a capital beginning its word. */
function goodShare(text: string): number {
  const beyond = text.match(/[^\0-\x7f]/gu)?.length ?? 0;
  const good =
    text.match(
      /(?<=[\p{Ll}])(?=[^\0-\x7f])\p{Ll}|(?<![\p{L}])(?=[^\0-\x7f])\p{L}(?=\p{Ll})|(?<=[A-Z])(?=[^\0-\x7f])[\p{L}]/gu,
    )?.length ?? 0;
  return beyond === 0 ? 0 : good / beyond;
}
