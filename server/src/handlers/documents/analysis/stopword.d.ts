/** The lists of words of the package `stopword`, which has no types of its own: one list for each ISO 639-3 code. */
declare module "stopword" {
  type Words = readonly string[];
  export const ara: Words, ben: Words, bul: Words, cat: Words, ces: Words, dan: Words, deu: Words, ell: Words;
  export const eng: Words, est: Words, eus: Words, fas: Words, fin: Words, fra: Words, gle: Words, heb: Words;
  export const hin: Words, hrv: Words, hun: Words, hye: Words, ind: Words, ita: Words, jpn: Words, kor: Words;
  export const lav: Words, lit: Words, mar: Words, msa: Words, nld: Words, nob: Words, pol: Words, por: Words;
  export const ron: Words, rus: Words, slk: Words, slv: Words, spa: Words, swe: Words, tha: Words, tur: Words;
  export const ukr: Words, urd: Words, vie: Words, zho: Words;
}
