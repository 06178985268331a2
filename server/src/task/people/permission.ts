/** A yes or a no in the words of any API, with a comment and the fields of a form. Pure. */
import { isJsonObject, type Json, type JsonObject } from "../json/json.ts";
import { READ_CHARS_MAX } from "../json/json-words.ts";

export type Permission = { approved: boolean; comment: string; fields: JsonObject };

const YES = "yes|y|ok|okay|true|approved?|accept(?:ed)?|allow(?:ed)?";
const NO = "no|n|false|reject(?:ed)?|den(?:y|ied)|refused?|declined?|cancel(?:led)?";
/** Behind a yes: one that is bound to something, or taken back, is none. */
const BOUND =
  /\b(?:but|only|if|unless|except|when|once|until|provided|assuming|as long as|so long as|after|before|without|instead|not|never|no|\w+n['’]t|cannot|stop|wait|cancel|hold)\b/i;

/** Words that begin with a yes or a no; what follows is a comment, where they stand by themselves. */
const SPOKEN = new RegExp(
  `^(?:(?<yes>${YES})|(?<no>${NO}))(?:[.!]*$|(?<apart>[\\s,.:;!–—-]+)(?<comment>[^\\s,.:;!–—-].*)$)`,
  "isu",
);
const APART = /[,:;\n]|[.!–—-]\s/;

/** What says how it was decided, and what says why, in the words of any API. */
const DECIDING = ["approved", "decision", "outcome"];
const SAYING = ["comment", "reason", "feedback"];

/** Null for what says neither. */
export function permissionIn(value: Json): Permission | null {
  if (typeof value === "boolean") return { approved: value, comment: "", fields: {} };
  if (typeof value === "string") return spokenPermission(value);
  if (!isJsonObject(value)) return null;
  const deciding = DECIDING.find((name) => value[name] !== undefined);
  const word = deciding === undefined ? null : (value[deciding] ?? null);
  const said = typeof word === "boolean" || typeof word === "string" ? permissionIn(word) : null;
  if (said === null) return null;
  const saying = SAYING.find((name) => typeof value[name] === "string");
  const comment = saying === undefined ? said.comment : String(value[saying]);
  const named = new Set([deciding, saying]);
  const others = Object.entries(value).filter(([name]) => !named.has(name));
  return { approved: said.approved, comment, fields: Object.fromEntries(others) };
}

function spokenPermission(words: string): Permission | null {
  if (words.length > READ_CHARS_MAX) return null;
  const groups = SPOKEN.exec(words.trim())?.groups;
  if (groups === undefined) return null;
  const { yes, apart, comment = "" } = groups;
  if (apart !== undefined && !APART.test(apart)) return null;
  const approved = yes !== undefined;
  return approved && BOUND.test(comment) ? null : { approved, comment: comment.trim(), fields: {} };
}
