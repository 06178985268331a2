/**
 * Secrets that stand in a text which somebody else will read: a line of the log, the reason of a failure. What is known to
 * be a secret is hidden wherever it stands; what only looks like one is hidden by its form: keys by their beginnings, the
 * credentials of a header, of a URL, of a query. This is the one place where that is decided.
 */

export const HIDDEN = "[hidden]";

/** Shorter ones would hide words. */
const KNOWN_LENGTH_MIN = 6;

/** Each from its first digit to its last. */
const NUMBERS = /\d{6,}/g;

/** What a variable of the environment is called that holds a secret; of several, with a number or an age behind it. */
const SECRET_NAME =
  /(?:(?:^|_)(?:(?:API)?KEY|TOKEN|SECRET|PASSPHRASE)|PASSWORD|PASSWD|_(?:PASS|PWD))(?:_?\d+|_OLD|_NEW)?$/i;
const SECRET_LENGTH_MIN = 8;
/** Letters alone are a word, unless they are as many as this or change their case. */
const LETTERS_MIN = 12;
const NO_WORD = /[^A-Za-z]|[a-z][A-Z]/;
/** A variable may name the file that has the secret, which messages have to say. */
const PLACE = /^(?:[.~]{0,2}\/|[A-Za-z]:[\\/])[A-Za-z_./\\ -]*$/;

const FORMS: readonly (readonly [RegExp, string])[] = [
  // Keys by the beginnings that their makers gave them; also as makers show them, with stars.
  [/\b(?:sk|rk|pk|whsec|ghp|gho|github_pat|xox[abprs]|AKIA|AIza)[-_]?[A-Za-z0-9_*.-]{12,512}/g, HIDDEN],
  [/\b(Bearer|Basic)(\s+)(?=[^\s"']{0,512}\d)[A-Za-z0-9+/=._~-]{8,2048}/gi, `$1$2${HIDDEN}`],
  // JSON Web Tokens.
  [/\beyJ[A-Za-z0-9_-]{8,4096}\.[A-Za-z0-9_-]{4,4096}(?:\.[A-Za-z0-9_-]{0,4096})?/g, HIDDEN],
  // https://user:password@host
  [/(:\/\/)[^\s/?#@"'\\]{1,512}@/g, `$1${HIDDEN}@`],
  [
    /([?&;](?:x-)?(?:api[-_]?key|key|access[-_]?token|refresh[-_]?token|id[-_]?token|token|secret|client[-_]?secret|signature|sig|password|passphrase|auth|x-amz-[a-z-]{1,30})=)[^&#\s"'\\]{1,2048}/gi,
    `$1${HIDDEN}`,
  ],
  [
    /\b((?:proxy-)?authorization|x-api-key|api[-_]?key|password|passphrase|client[-_]?secret)(\\?["']?\s{0,4}[:=]\s{0,4}\\?["']?)(?!\[hidden\]|bearer\b|basic\b)(?=[^\s"',;}]{0,512}[\d_*-])[^\s"',;}\\]{6,2048}/gi,
    `$1$2${HIDDEN}`,
  ],
];

/** The text without secrets: those that are `known`, and what looks like one. */
export function withoutSecrets(text: string, known: readonly string[] = []): string {
  let shown = text;
  const numbers = new Set<string>();
  for (const secret of spelled(known)) {
    if (/^\d+$/.test(secret)) numbers.add(secret);
    else shown = shown.replaceAll(formOf(secret), HIDDEN);
  }
  // All at once. Digits within longer ones are a time, an id, a count.
  if (numbers.size > 0) shown = shown.replace(NUMBERS, (digits) => (numbers.has(digits) ? HIDDEN : digits));
  for (const [form, instead] of FORMS) shown = shown.replace(form, instead);
  return shown;
}

/**
 * What a word may follow on: no letter, but for the last of an escape (of JSON, of `inspect`, of a URL, of a terminal's
 * colour) and of an option as in `-pSECRET`.
 */
const BEFORE_WORD = String.raw`^|[^A-Za-z]|\\[bfnrtv]|(?:\\u[\dA-Fa-f]{2}|\\x|%)[\dA-Fa-f]{2}|\[[\d;]*m|(?<![^\s"'])-[A-Za-z]`;

/** Letters within longer ones are another word. What is looked for stands first: a text is searched for it at once. */
function formOf(secret: string): RegExp | string {
  if (!/^[A-Za-z]+$/.test(secret)) return secret;
  return new RegExp(`${secret}(?![A-Za-z])(?<=(?:${BEFORE_WORD})${secret})`, "g");
}

/** As it is, and as JSON and `inspect` write it. One that another begins with comes after that one, whose rest would stay. */
function spelled(known: readonly string[]): string[] {
  const all = known.filter(({ length }) => length >= KNOWN_LENGTH_MIN);
  const escaped = all.map((secret) => JSON.stringify(secret).slice(1, -1));
  return [...new Set([...all, ...escaped])].sort((one, other) => other.length - one.length);
}

/** The secrets that a program was given by its environment. To read a variable takes microseconds, and failures come in thousands. */
export function secretsOf(env: Readonly<Record<string, string | undefined>>): string[] {
  const names = Object.keys(env).filter((name) => SECRET_NAME.test(name));
  return names.flatMap((name) => {
    const value = env[name] ?? "";
    return isSecret(value) ? [value] : [];
  });
}

function isSecret(value: string): boolean {
  if (value.length < SECRET_LENGTH_MIN || PLACE.test(value)) return false;
  return value.length >= LETTERS_MIN || NO_WORD.test(value);
}
