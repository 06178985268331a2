/**
 * Texts of old computers: DOS wrote Western letters in code page 850, those of Central Europe in 852 and Cyrillic ones in
 * 866, the Mac in its own charsets. Their letters are signs or capitals in Windows' charsets, in the middle of words, and
 * that is how they are told from those.
 */

/** Code pages that nothing in the platform decodes: what stands from 0x80 on. */
const CODE_PAGES: Readonly<Record<string, string>> = {
  ibm850:
    "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u00ad±‗¾¶§÷¸°¨·¹³²■\u00a0",
  ibm852:
    "ÇüéâäůćçłëŐőîŹÄĆÉĹĺôöĽľŚśÖÜŤťŁ×čáíóúĄąŽžĘę¬źČş«»░▒▓│┤ÁÂĚŞ╣║╗╝Żż┐└┴┬├─┼Ăă╚╔╩╦╠═╬¤đĐĎËďŇÍÎě┘┌█▄ŢŮ▀ÓßÔŃńňŠšŔÚŕŰýÝţ´\u00ad˝˛ˇ˘§÷¸°¨˙űŘř■\u00a0",
};

/** Of the letters: a text of which more are beyond ASCII is not written in Latin letters. */
const BEYOND_MAX = 0.3;
/** Of what is beyond ASCII: it makes good words. */
const GOOD_MIN = 0.85;
/** Better than any other charset by as much: of a Cyrillic text each letter counts, of a Latin one those with accents. */
const BETTER_BY = { latin: 0.3, cyrillic: 0.03 };
const OLD = { latin: ["ibm850", "ibm852", "macintosh"], cyrillic: ["ibm866", "x-mac-cyrillic", "koi8-u"] };
/** What is guessed of a text in an old Cyrillic charset. */
const NEAR_CYRILLIC = /^(windows-125[12]|koi8-r|iso-8859-[15])$/i;

/** Null when the platform decodes it, or nobody does. */
export function byCodePage(label: string, bytes: Uint8Array): string | null {
  const page = CODE_PAGES[label];
  if (page === undefined) return null;
  let text = "";
  for (const byte of bytes) text += byte < 0x80 ? String.fromCharCode(byte) : (page[byte - 0x80] ?? "");
  return text;
}

/** Null when Windows' charset, or the one that was guessed, makes words as good of it. */
export function oldCharset(sample: Uint8Array, guessed: string): string | null {
  const letters = sample.filter((byte) => byte >= 0x80 || (byte >= 0x41 && byte <= 0x7a)).length;
  const beyond = sample.filter((byte) => byte >= 0x80).length;
  if (beyond === 0) return null;
  const script = beyond > letters * BEYOND_MAX ? "cyrillic" : "latin";
  if (script === "cyrillic" && !NEAR_CYRILLIC.test(guessed)) return null;
  const read = (label: string) => goodShare(byCodePage(label, sample) ?? new TextDecoder(label).decode(sample));
  const usual = Math.max(read("windows-1252"), guessed === "big5" || guessed === "gb18030" ? 0 : read(guessed));
  let best = { label: "", good: 0 };
  for (const label of OLD[script]) {
    const good = read(label);
    if (good > best.good) best = { label, good };
  }
  return best.good >= GOOD_MIN && best.good >= usual + BETTER_BY[script] ? best.label : null;
}

/** Of the characters beyond ASCII: those that stand where they would in words and sentences. */
function goodShare(text: string): number {
  const beyond = text.match(/[^\0-\x7f]/gu)?.length ?? 0;
  return beyond === 0 ? 0 : (text.match(GOOD)?.length ?? 0) / beyond;
}

/**
 * A letter that suits its neighbours, a capital beginning its word; what opens a quotation or a Spanish question before a
 * word, what closes one after it, an apostrophe within it, a dash between words, a currency beside its number.
 */
const GOOD = new RegExp(
  [
    /(?<=\p{Ll})(?=[^\0-\x7f])\p{Ll}/u,
    /(?<!\p{L})(?=[^\0-\x7f])\p{L}(?=\p{Ll})/u,
    /(?<=[A-Z])(?=[^\0-\x7f])\p{L}/u,
    /(?<![^\s([])[“‘„«¿¡](?=[\p{L}\d])/u,
    /(?<=[\p{L}\d.,!?])[”’»](?![\p{L}\d])/u,
    /(?<=\p{L})’(?=\p{L})/u,
    /(?<= )[€£](?=\d)|(?<=\d )[€£]/u,
    /(?<= )[–—](?= )/u,
  ]
    .map(({ source }) => source)
    .join("|"),
  "gu",
);
