/**
 * Names of people, by the names that are known, the titles before them, the words that introduce somebody and the endings of
 * family names; in English, German, French, Spanish, Italian and Portuguese. Each word is looked at a bounded number of times.
 */
import type { Detection } from "../../detector.ts";
import { familyNames } from "../words/family-names.ts";
import { ambiguousNames, firstNames } from "../words/first-names.ts";
import { isLearned } from "../words/learned-names.ts";
import { places } from "../words/places.ts";

type Word = { text: string; start: number; end: number };

const WORD = /[\p{L}][\p{L}\p{M}'’-]{0,40}\.?/gu;
const NAME_WORDS_MAX = 5;
const TITLES = set(
  "Mr Mrs Ms Miss Mx Dr Prof Professor Sir Dame Rev Herr Herrn Frau Fräulein Mme Mlle Monsieur Madame Mademoiselle Sr Sra Srta Señor Señora Señorita Don Doña Dott Signor Signora Sig Sergeant Captain Colonel Dipl Ing Maître Docteur Doctor Doctora Licenciado Signorina Dottor Dottore Dottoressa Avvocato Senhor Senhora Dona Dom Doutor Doutora Familie Famille",
);
const PARTICLES = set("de del della di da dos das du van von der den ten ter zu zum la le los las y e bin al el");
/** Of companies, places and things that are called after people, and of what begins a sentence. */
const NO_NAME = set(
  `Inc Corp Ltd LLC PLC GmbH AG SA SE Company Group Holding Bank University College School Institute Institut Foundation Stiftung Hospital Klinik Airport Flughafen Station Street Avenue Road Bridge Park Square Tower Prize Award Museum Hotel Church Library Theatre Stadium Center Centre County State City Times Post Journal News Law Effect Theorem Equation
  The This That These Those There Then Than They Their He She It We You Your Our His Her Its My A An And Or But If When While Where What Who Why How Which Is Are Was Were Be Been Has Have Had Do Does Did Will Would Can Could Should May Might Must Not No Yes Please Thanks Thank Hello Hi Hey Dear Team All Everyone Everybody Sir Madam Sirs World Customer Support Folks Guys Friends Colleagues
  Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March June July September October November December Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag Januar Februar März Juni Juli Oktober Dezember Lundi Mardi Mercredi Jeudi Vendredi Samedi Dimanche Today Tomorrow Yesterday Christmas Easter
  Der Die Das Den Dem Des Ein Eine Einen Einem Einer Und Oder Aber Wenn Wann Wo Was Wer Wie Ich Du Er Sie Es Wir Ihr Ihre Ihren Mein Meine Dein Deine Sein Seine Ist Sind War Waren Hat Haben Hatte Wird Werden Kann Können Soll Nicht Kein Keine Ja Nein Bitte Danke Hallo Guten Liebe Lieber Sehr Damen Herren Bei Mit Von Zu Auf Aus Nach Für Am Im Als Auch Noch Nur Dann Heute Morgen Gestern
  Le La Les Un Une Des Du Et Ou Mais Si Quand Où Que Qui Quoi Comment Pourquoi Je Tu Il Elle Nous Vous Ils Elles Mon Ma Mes Son Sa Ses Est Sont Bonjour Merci Oui Non Cher Chère Pour Avec Dans Sur Par El Los Las Una Y O Pero Cuando Donde Qué Quién Cómo Yo Él Ella Nosotros Su Sus Mi Es Son Hola Gracias Sí Estimado Estimada Para Con En Por
  Il Lo Gli I Di Da Dal Della Delle Nel Nella Ciao Buongiorno Salve Grazie Gentile Caro Cara Signori Chi Cosa Dove Perché Quando Io Lui Lei Noi Voi Loro Sono È Mio Mia Suo Sua Oggi Ieri Domani Lunedì Martedì Mercoledì Giovedì Venerdì Sabato Domenica Gennaio Febbraio Marzo Aprile Maggio Giugno Luglio Agosto Settembre Ottobre Novembre Dicembre
  Os As Um Uma Uns Umas Do Dos Das Em No Na Nos Nas Ao Aos À Às Por Pelo Pela Olá Oi Obrigado Obrigada Prezado Prezada Caro Bom Boa Eu Ele Eles Elas Você Vocês Meu Minha Seu Sua São Foi Hoje Ontem Amanhã Segunda Terça Quarta Quinta Sexta Sábado Janeiro Fevereiro Março Abril Maio Junho Julho Setembro Outubro Dezembro
  Notre Votre Leur Nos Vos Leurs Cordialement Merci Hier Demain Janvier Février Mars Avril Mai Juin Juillet Août Septembre Octobre Novembre Décembre Nuestro Nuestra Ayer Mañana Enero Febrero Marzo Mayo Junio Septiembre Octubre Noviembre Diciembre Lunes Martes Miércoles Jueves Viernes Domingo
  Best Regards Kind Warm Yours Sincerely Cheers Ask Tell Call Meet Write Forward Deliver Contact Visit According Gestern Meine Mit Viele Beste Schöne Freundliche Grüße Grüßen Cordiali Distinti Saluti Atenciosamente Cumprimentos Saludos Atentamente
  English German French Spanish Italian American British European Canadian Indian Chinese Japanese Russian Catholic Christian Jewish Muslim Linux Windows Google Apple Amazon Microsoft Python Java Type Day Days Name Names User Users Admin Data Model`,
);
/** What follows is somebody's name. */
const INTRODUCES = introduction(
  // English
  String.raw`\bmy name is|\bname['’]?s|\bnamed?:?|\bi am called|\bi['’]m|\bcalled|\bdear|\bhi|\bhello|\bhey|\bpatient|\bcustomer|\bemployee|\bcolleague|\bclient|\bsigned|\bsincerely,|\bregards,|\bcheers,|\bbest,|\byours,|\bcontact|\b(?:my|our|his|her|their)\s(?:sister|brother|mother|father|wife|husband|son|daughter|cousin|aunt|uncle|niece|nephew|friend|neighbou?r|boss|colleague|driver|nurse|doctor|teacher|lawyer|landlord|partner|assistant),?|\bwitness(?:\swas)?,?|\bdefendant|\btenant|\baccording to`,
  // German
  String.raw`mein name ist|ich hei(?:ß|ss)e|\bhei(?:ß|ss)t|\blieber?|\bhallo|\bgr(?:ü|ue)(?:ß|ss)en?,?|\bpatient(?:in)?|\bkund(?:e|in)|\bmitarbeiter(?:in)?|\bkolleg(?:e|in)|\bnachbar(?:in)?,?|\bzeug(?:e|in)(?:\swar)?|\b(?:herrn?|frau|familie)`,
  // French
  String.raw`je m['’]appelle|mon nom est|\bs['’]appelle|\bchère?|\bbonjour|\bcordialement,|\bamicalement,|\bnom\s?:|\bclient[e]?|\bcollègue|\b(?:monsieur|madame|mademoiselle|maître|docteur|m\.)|\b(?:voisine?|cousine?|sœur|frère|fille|fils|mari|femme),`,
  // Spanish
  String.raw`me llamo|mi nombre es|se llama|\bquerid[oa]|\bestimad[oa]|\bhola|\bsaludos?,|\batentamente,|\bnombre:|\bpaciente|\bcliente|\b(?:señora?|señorita|don|doña|doctora?)|\bmi\s(?:prim[oa]|herman[oa]|hij[oa]|jef[ea]|vecin[oa]|amig[oa]|mujer|marido)`,
  // Italian
  String.raw`mi chiamo|il mio nome è|si chiama|\bgentile|\bcar[oa]|\bsaluti,|\b(?:signora?|signorina|dottor(?:essa)?|avvocato)|\bnome:`,
  // Portuguese
  String.raw`o meu nome é|chamo-me|me chamo|chama-se|se chama|\bprezad[oa]|\batenciosamente,|\bcumprimentos,|\babraços?,|\b(?:senhora?|dona|doutora?|professora?)|\b(?:meu|minha)\s(?:irmão|irmã|filh[oa]|prim[oa]|chefe|vizinh[oa]|amig[oa]|marido|mulher)`,
);
/** What follows may be somebody's name. */
const SPEAKS_OF = introduction(
  String.raw`\b(?:ask|asked|tell|told|call|meet|met|thank|thanks to|remind|email|with|by|is|to)`,
  String.raw`\b(?:mit|von|bei|an|fragt?|hat|sagt|ruft)`,
  String.raw`\b(?:avec|par|chez|à|demande[rz]? à)`,
  String.raw`\b(?:con|a|pregunta a|de)`,
  String.raw`\b(?:con|chiedi a|da|di|parlato con)`,
  String.raw`\b(?:com(?: o| a)?|à|ao|pergunta (?:à|ao)|de|da|do)`,
);

function introduction(...languages: string[]): RegExp {
  return new RegExp(
    `(?:${languages.map((words) => words.replaceAll("\\b", "(?<![\\p{L}\\p{N}])")).join("|")})\\s{1,3}$`,
    "iu",
  );
}

/** Endings of family names that few other words have. */
const FAMILY_ENDING =
  /(?:sk[iya]|[cč]zyk|wi[ctč]z?|vi[ćčc]|enko|chuk|czuk|ov[aá]?|ev[ay]?|escu|idis|opoulos|akis|o[gğ]lu|yan|shvili|adze|sson|s?sen|d[óo]ttir|inen|nen|stein|stern|berg|berger|mann|huber|hofer|m[ae][iy]er|bauer|baum|feld|wald|bach|hardt|sch|tsch|thal|ez|es|elli|etti|otti|ini|ucci|acci|aldi|ardi|ese|ari|eux|eau|ault|ard|eri[eé]r|ier|ieux|ette|ais|eira|eiro|ães|inho|arte|ndez|rría|goitia|worth|ford|shaw|ley|field|croft|ston|burn|well|kins|ham|wood|wick|ton)$/u;
const CONTEXT_CHARS = 32;

/** What surely is a name, what looks like one, and what may be one. */
const SURE = 0.92;
const LIKELY = 0.8;
const MAYBE = 0.6;

export function personNames(text: string): Detection[] {
  const words: Word[] = [];
  for (const { 0: word, index } of text.matchAll(WORD))
    words.push({ text: word, start: index, end: index + word.length });
  const found: Detection[] = [];
  for (let at = 0; at < words.length; ) {
    const name = nameAt(text, words, at);
    if (name === null) at++;
    else {
      const [first, last] = [words[name.from], words[name.to]];
      if (first && last && name.score > 0)
        found.push({ entity: "Person", score: name.score, start: first.start, end: last.end - possessive(last.text) });
      at = name.to + 1;
    }
  }
  return found;
}

type Name = { from: number; to: number; score: number };

function nameAt(text: string, words: readonly Word[], at: number): Name | null {
  const word = words[at];
  if (word === undefined || !/^\p{Lu}/u.test(word.text)) return null;
  const plain = bare(word.text);
  if (TITLES.has(plain)) {
    const next = following(text, words, at);
    const to = next === null || isTitle(words[next]) ? null : endOfName(text, words, next);
    return to === null || next === null ? null : { from: next, to, score: SURE };
  }
  if ((NO_NAME.has(plain) && !isKnownFirst(plain)) || isOfSaint(text, word.start)) return null;
  const isInitial = /^\p{Lu}\.$/u.test(word.text);
  const to = endOfName(text, words, at);
  if (to === null) return null;
  const begins = beginsSentence(text, word.start);
  // `Ask Anna`: the name begins with the first name.
  if (begins && to > at && !isInitial && !isAnyFirst(plain) && isAnyFirst(bare(words[at + 1]?.text ?? ""))) return null;
  const after = following(text, words, to);
  if (after !== null && NO_NAME.has(bare(words[after]?.text ?? "")) && isThing(words[after]))
    return { from: at, to: after, score: 0 };
  const last = bare(words[to]?.text ?? "");
  const before = text.slice(Math.max(0, word.start - CONTEXT_CHARS), word.start);
  const score = scoreOf({
    plain,
    last,
    several: to > at,
    isInitial,
    introduced: INTRODUCES.test(before),
    spokenOf: SPEAKS_OF.test(before),
    begins,
  });
  if (score > 0 || to > at + 1) return score > 0 ? { from: at, to, score } : null;
  return listed(text, words, at);
}

type Look = {
  plain: string;
  last: string;
  several: boolean;
  isInitial: boolean;
  introduced: boolean;
  spokenOf: boolean;
  begins: boolean;
};

function scoreOf({ plain, last, several, isInitial, introduced, spokenOf, begins }: Look): number {
  const isFirst = isKnownFirst(plain);
  const isAmbiguous = ambiguousNames.has(plain) || places.has(plain);
  if (isInitial) return several ? (isKnownFamily(last) ? SURE : begins ? 0.4 : MAYBE) : 0;
  if (introduced && (several || isFirst || plain.length > 2)) return isFirst || several ? SURE : MAYBE;
  if (several && familyNames.has(last) && !places.has(plain))
    return isFirst || isAmbiguous ? SURE : begins ? MAYBE : LIKELY;
  if (isFirst && !isAmbiguous) return several ? SURE : 0.75;
  if (isLearned("first", plain) && !isAmbiguous) return several ? LIKELY : spokenOf || begins ? MAYBE : 0.55;
  if (!several || isAmbiguous) return !several && spokenOf && isLearned("family", plain) ? MAYBE : 0;
  if (isLearned("family", last)) return begins ? 0.55 : MAYBE;
  return FAMILY_ENDING.test(last) && spokenOf ? 0.55 : 0;
}

function isKnownFamily(word: string): boolean {
  return familyNames.has(word) || isLearned("family", word);
}

/** `Family, First`, as lists have it. */
function listed(text: string, words: readonly Word[], at: number): Name | null {
  const [word, next] = [words[at], words[at + 1]];
  if (!word || !next || !/^,\s?$/.test(text.slice(word.end, next.start))) return null;
  return familyNames.has(word.text) && isKnownFirst(bare(next.text)) ? { from: at, to: at + 1, score: LIKELY } : null;
}

/** The last word of the name that begins at `from`; null when none does. */
function endOfName(text: string, words: readonly Word[], from: number): number | null {
  let to = from;
  if (!isCapital(words[from])) return null;
  for (
    let next = following(text, words, to);
    next !== null && next - from < NAME_WORDS_MAX;
    next = following(text, words, next)
  ) {
    const word = bare(words[next]?.text ?? "");
    if (isCapital(words[next]) && !(NO_NAME.has(word) && !isKnownFirst(word))) to = next;
    else if (!PARTICLES.has(word)) break;
    if (/[a-z]{3,}\.$/.test(words[next]?.text ?? "")) break;
  }
  return to;
}

/** The next word, where nothing but a blank is between. */
function following(text: string, words: readonly Word[], at: number): number | null {
  const [word, next] = [words[at], words[at + 1]];
  if (!word || !next || !/^[ \u00a0]?\n?[ ]{0,2}$/.test(text.slice(word.end, next.start))) return null;
  return /\p{Ll}{3,}\.$/u.test(word.text) && !isTitle(word) ? null : at + 1;
}

function isCapital(word: Word | undefined): boolean {
  return word !== undefined && (/^\p{Lu}[\p{L}'’-]*\p{Ll}/u.test(word.text) || /^\p{Lu}\.$/u.test(word.text));
}

function isTitle(word: Word | undefined): boolean {
  return word !== undefined && TITLES.has(bare(word.text));
}

/** A word that makes a thing of the name before it. */
function isThing(word: Word | undefined): boolean {
  return (
    word !== undefined &&
    /^(?:Inc|Corp|Ltd|LLC|PLC|GmbH|AG|Company|Group|Holding|Bank|University|College|School|Institut|Institute|Foundation|Stiftung|Hospital|Klinik|Airport|Flughafen|Station|Bridge|Park|Square|Tower|Prize|Award|Museum|Hotel|Church|Library|Theatre|Stadium|Center|Centre|County|Law|Effect|Theorem|Equation|Times|Post|Journal|Day)\.?$/.test(
      word.text,
    )
  );
}

/** Cities are called after saints: `San Francisco`. */
function isOfSaint(text: string, at: number): boolean {
  return /(?:^|[^\p{L}])(?:San|Santa|Santo|São|St\.?|Saint|Sankt)[ -]$/u.test(text.slice(Math.max(0, at - 8), at));
}

function isKnownFirst(word: string): boolean {
  if (firstNames.has(word) || ambiguousNames.has(word) || firstNames.has(withoutAccents(word))) return true;
  const [first = "", second] = word.split("-");
  return second !== undefined && firstNames.has(first) && firstNames.has(second);
}

function isAnyFirst(word: string): boolean {
  return isKnownFirst(word) || isLearned("first", word);
}

function withoutAccents(word: string): string {
  return word.normalize("NFD").replace(/\p{M}/gu, "");
}

function beginsSentence(text: string, at: number): boolean {
  return /(?:^|[.!?:"“„»\n])\s*$/.test(text.slice(Math.max(0, at - 8), at));
}

function bare(word: string): string {
  return word.replace(/['’]s\.?$|\.$/, "");
}

/** `Anna's`: the mark and what follows it are nobody's name. */
function possessive(word: string): number {
  return /['’]s\.?$|(?<=\p{Ll}{2})\.$/u.exec(word)?.[0].length ?? 0;
}

function set(words: string): ReadonlySet<string> {
  return new Set(words.split(/\s+/));
}
