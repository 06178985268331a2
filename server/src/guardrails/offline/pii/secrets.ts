/** Keys, tokens and passwords: what opens something for whoever reads it. */
import type { Detection } from "../../detector.ts";
import { matches, wordsBefore } from "./finder.ts";

/** Begins as the keys of well-known services begin. */
const API_KEY =
  /(?<![\p{L}\d_-])(?:(?:AKIA|ASIA)[A-Z\d]{16}|gh[opusr]_[A-Za-z\d]{30,255}|github_pat_[A-Za-z\d_]{40,255}|glpat-[\w-]{20,64}|sk-(?:ant-|proj-|or-)?[\w-]{20,200}|(?:sk|rk|pk)_(?:live|test)_[A-Za-z\d]{16,128}|xox[abeoprs]-[A-Za-z\d-]{10,250}|AIza[\w-]{35}|ya29\.[\w-]{20,250}|npm_[A-Za-z\d]{36}|hf_[A-Za-z]{30,64}|SG\.[\w-]{16,32}\.[\w-]{16,64}|dop_v1_[a-f\d]{64}|whsec_[A-Za-z\d+/=]{20,64}|pypi-[\w-]{50,250}|shp(?:at|ss|ca)_[a-fA-F\d]{32}|sk_[A-Za-z\d]{24,64})(?![\p{L}\d])/dgu;
const TOKEN = /(?<![\p{L}\d_-])eyJ[\w-]{10,4000}\.[\w-]{4,4000}(?:\.[\w-]{0,2000})?/dgu;
const PRIVATE_KEY = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/dgu;
const KEY_END = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g;
const URL_PASSWORD = /(?<=[a-z]:\/\/)[^\s:@/]{1,64}:(?<entity>[^\s@/]{3,128})@/dgiu;
const TOLD =
  /\b(?:password|passwd|pwd|passcode|passphrase|passwort|kennwort|mot de passe|contrase[ñn]a|api[_ -]?key|apikey|secret(?:[_ -]?key)?|access[_ -]?(?:key|token)|auth[_ -]?token|bearer|token|pin)(?:["'`]?\s{0,3}[:=]{1,2}\s{0,3}|\s{1,3}(?:is|ist|lautet|est|es)\s{1,3}|\s{1,2})["'`]?(?<entity>[^\s"'`,;<>]{4,128})/dgiu;
const PRINTED =
  /^(?:[*•x.]+|<.*|\$\{?.*|\{\{.*|your[_-].*|null|none|true|false|undefined|process\.env.*|example.*|changeme!?)$/i;

export function secrets(text: string): Detection[] {
  return [
    ...matches(text, API_KEY, "ApiKey", () => 0.95),
    ...matches(text, TOKEN, "AccessToken", () => 0.95),
    ...privateKeys(text),
    ...matches(text, URL_PASSWORD, "Password", (word) => (PRINTED.test(word) ? 0 : 0.9)),
    ...matches(text, TOLD, "Password", (word, start) => passwordScore(word, wordsBefore(text, start, 24))),
  ];
}

/** From its first line to its last one, or to the end of what is there of it. */
function privateKeys(text: string): Detection[] {
  return matches(text, PRIVATE_KEY, "PrivateKey", () => 0.99).map((found) => {
    KEY_END.lastIndex = found.end;
    const end = KEY_END.exec(text);
    return { ...found, end: end === null ? text.length : end.index + end[0].length };
  });
}

/** Letters with digits or marks among them are nobody's next word. */
function passwordScore(word: string, before: string): number {
  const plain = word.replace(/[.!?)\]]+$/, "");
  if (PRINTED.test(plain)) return 0;
  const isNamed = /[:=]\s{0,3}["'`]?$|\b(?:is|ist|lautet|est|es)\s{1,3}["'`]?$/.test(before);
  const kinds = [/\p{Ll}/u, /\p{Lu}/u, /\d/, /[^\p{L}\d]/u].filter((kind) => kind.test(plain)).length;
  if (isNamed && /\bpin\b/.test(before)) return /^\d{4,8}$/.test(plain) ? 0.8 : 0;
  if (isNamed && kinds >= 3 && plain.length >= 6) return 0.9;
  if (isNamed && kinds >= 2 && /\d/.test(plain) && plain.length >= 6) return 0.8;
  return !isNamed && kinds >= 3 && /\d/.test(plain) && plain.length >= 10 ? 0.6 : 0;
}
