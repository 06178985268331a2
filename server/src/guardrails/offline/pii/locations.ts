/** Cities and addresses, in English, German, French, Spanish, Italian and Portuguese. Of a country alone nobody is known. */
import type { Detection } from "../../detector.ts";
import { isLearned } from "../words/learned-names.ts";
import { ambiguousPlaces, countriesAndRegions, places } from "../words/places.ts";
import { matches, wordsBefore } from "./finder.ts";

const WORD = /\p{Lu}[\p{L}\p{M}'’-]{1,30}|(?<=\p{Lu}[\p{L}\p{M}'’.-]{1,30}\s)(?:de|of|es|del|la|am)(?=\s\p{Lu})/gu;
const PLACE_WORDS_MAX = 4;
const IN_PLACE =
  /(?:(?:^|[^\p{L}])(?:in|near|at|around|outside|downtown|visit(?:ing)?|to|from|leaving|aus|nach|bei|über|bis|à|en|vers|desde|hacia|cerca de|of|de|di|da|a|ad|em|no|na|para)|(?:liv(?:e|es|ed|ing) in|city of|stadt|ville de|ciudad de))\s$/iu;
const SURELY_IN = /(?:^|[^\p{L}])(?:in|near|outside|downtown|aus|nach|à|en|em|desde|hacia|city of)\s$/iu;
/** Nothing but a place follows. */
const LIVES_IN =
  /(?:\b(?:liv(?:e|es|ed|ing)|born|based|resid(?:e|es|ing)) in|\bmov(?:e|ed|ing) (?:to|from)|\bwohn(?:t|e|en|haft)(?: (?:seit|noch)?[^.!?]{0,12})? in|\bgeboren in|\blebt in|habit(?:e|ent|ons|ait)(?: [^.!?]{0,10})? à|\bné(?:e)? à|\bviv(?:e|o|en|ía) en|\bnacid[oa] en|\babit(?:a|o|ano) (?:a|ad|in)|\bnat[oa] (?:a|ad)|\bmor(?:a|o|am) em|\bviv(?:e|o) em|\bnascid[oa] em|\bmudou-se para)\s$/iu;
/** What is called after a place, and is none. */
const THING =
  /^\s(?:Times|Post|Wall|Agreement|Accords?|Protocol|Convention|Treaty|Bridge|Exchange|University|Marathon|Syndrome|Stew|Philharmonic|Symphony|Bulls|Lakers|Yankees|Dolphins|Cavaliers|Institute|School|Club|United|City FC|Dynamo)\b/;

const STREET_EN =
  /(?<![\p{L}\d])\d{1,5}[A-Za-z]?\s(?:\p{Lu}[\p{L}'’.-]{1,20}\s){1,3}(?:Street|St|Avenue|Ave|Road|Rd|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|Square|Way|Place|Terrace|Crescent|Close|Highway|Parkway)\b\.?(?:,?\s(?:Apt|Apartment|Suite|Unit|Flat)\.?\s#?\w{1,6})?/dgu;
const STREET_DE =
  /(?<![\p{L}\d])(?:(?:An der|Am|Auf dem|Im|Zum|Alte|Neue|Obere|Untere)\s)?\p{Lu}[\p{L}-]{1,30}(?:(?:straße|strasse|str\.|weg|platz|allee|gasse|ring|ufer|damm|hof|steig|markt)|\s(?:Straße|Strasse|Str\.|Weg|Platz|Allee|Gasse|Ring|Ufer|Damm|Markt))\s\d{1,4}\s?[a-f]?(?!\p{L})/dgu;
const STREET_FR =
  /(?<![\p{L}\d])\d{1,4}(?:\s?(?:bis|ter))?,?\s(?:rue|avenue|boulevard|place|chemin|allée|impasse|quai|cours|route)\s(?:de\sla\s|de\sl['’]|du\s|des\s|de\s|d['’])?\p{Lu}[\p{L}'’-]{1,30}(?:[\s-]\p{Lu}[\p{L}'’-]{1,30}){0,3}/dgu;
const STREET_ES =
  /(?<!\p{L})(?:[Cc]alle|C\/|[Aa]venida|Avda\.?|[Pp]laza|[Pp]aseo|[Cc]amino)\s(?:de\slos\s|de\slas\s|de\sla\s|del\s|de\s)?\p{Lu}[\p{L}'’]{1,30}(?:\s(?:de\s|la\s|y\s)?\p{Lu}[\p{L}'’]{1,30}){0,3},?\s(?:n\.?\s?º?\s?|número\s)?\d{1,4}(?!\d)/dgu;
const STREET_IT =
  /(?<!\p{L})(?:[Vv]ia|[Vv]iale|[Pp]iazza|[Pp]iazzale|[Cc]orso|[Ll]argo|[Vv]icolo)\s(?:(?:della|delle|dei|degli|del|di|dell['’])\s?)?\p{Lu}[\p{L}'’.]{1,30}(?:\s\p{Lu}[\p{L}'’.]{1,30}){0,3},?\s(?:n\.?\s?)?\d{1,4}(?:\/?[a-zA-Z])?(?!\d)/dgu;
const STREET_PT =
  /(?<!\p{L})(?:[Rr]ua|[Aa]venida|[Aa]v\.|[Tt]ravessa|[Pp]raça|[Aa]lameda|[Ee]strada|[Ll]argo)\s(?:(?:da|das|do|dos|de)\s)?\p{Lu}[\p{L}'’.]{1,30}(?:\s(?:(?:da|das|do|dos|de|e)\s)?\p{Lu}[\p{L}'’.]{1,30}){0,4},?\s(?:n\.?\s?º?\s?)?\d{1,5}(?!\d)/dgu;
const POSTCODE_GB = /(?<![\p{L}\d])(?:[A-PR-UWYZ][A-HK-Y]?\d[A-Z\d]?\s\d[ABD-HJLNP-UW-Z]{2})(?![\p{L}\d])/dgu;
const POSTCODE_US =
  /(?<![\p{L}])(?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY])\s\d{5}(?:-\d{4})?(?!\d)/dgu;

export function locations(text: string): Detection[] {
  return [
    ...matches(text, STREET_EN, "Address", () => 0.9),
    ...matches(text, STREET_DE, "Address", () => 0.9),
    ...matches(text, STREET_FR, "Address", () => 0.9),
    ...matches(text, STREET_ES, "Address", () => 0.9),
    ...matches(text, STREET_IT, "Address", () => 0.9),
    ...matches(text, STREET_PT, "Address", () => 0.9),
    ...matches(text, POSTCODE_GB, "Address", () => 0.7),
    ...matches(text, POSTCODE_US, "Address", () => 0.8),
    ...namedPlaces(text),
  ];
}

function namedPlaces(text: string): Detection[] {
  const words = [...text.matchAll(WORD)].map(({ 0: word, index }) => ({ start: index, end: index + word.length }));
  const found: Detection[] = [];
  for (let at = 0; at < words.length; at++) {
    for (let count = Math.min(PLACE_WORDS_MAX, words.length - at); count > 0; count--) {
      const [first, last] = [words[at], words[at + count - 1]];
      if (!first || !last || last.end - first.start > 40) continue;
      const start = /(?:^|[^\p{L}])St\. $/u.test(text.slice(Math.max(0, first.start - 5), first.start))
        ? first.start - 4
        : first.start;
      const name = text.slice(start, last.end).replace(/['’]s$/, "");
      if (!isPlace(text, name, start, count)) continue;
      found.push({ entity: "Location", score: placeScore(text, name, start), start, end: start + name.length });
      at += count - 1;
      break;
    }
  }
  return found;
}

/** One of the lists; or one word that is learned, or of which the words before it say that somebody lives there. */
function isPlace(text: string, name: string, start: number, words: number): boolean {
  if (places.has(name)) return true;
  if (words !== 1 || name.length < 4) return false;
  return isLearned("place", name) || LIVES_IN.test(wordsBefore(text, start, 40));
}

function placeScore(text: string, name: string, start: number): number {
  if (THING.test(text.slice(start + name.length, start + name.length + 16))) return 0.3;
  const before = wordsBefore(text, start, 16);
  const isIn = IN_PLACE.test(before);
  if (countriesAndRegions.has(name)) return isIn ? 0.45 : 0.4;
  if (ambiguousPlaces.has(name)) return SURELY_IN.test(before) ? 0.7 : isIn ? 0.5 : 0.3;
  if (places.has(name)) return isIn ? 0.85 : 0.65;
  return LIVES_IN.test(wordsBefore(text, start, 40)) ? 0.75 : isIn ? 0.65 : 0.4;
}
