/**
 * A line of the audit log as it is hashed, exported and checked: JSON whose keys have one order, so that anybody can check
 * it without a JSON library. Its hash is the SHA-256 of its own text up to `,"hash":`, in which the hash of the line before
 * stands: who changes, removes or adds a line must make all that come after it anew.
 */
import type { AuditRecord } from "./audit.ts";
import type { Origin } from "./origin.ts";

/** What is hashed. `origin` and `detail` are JSON already. */
export type AuditTexts = {
  n: number;
  tenant: string;
  at: number;
  user: string;
  keyId: string;
  act: string;
  task: string | null;
  origin: string | null;
  detail: string;
};

/** What the first line of all has in the place of the hash before it. */
export const NO_HASH = "";

/** By hand: each submit has one. */
export function originText({ address, lens, request }: Origin): string {
  return `{"address":${quoted(address)},"lens":${quoted(lens)},"request_id":${quoted(request)}}`;
}

/** All of the line but its hash and the closing brace. */
export function hashedText(texts: AuditTexts, previous: string): string {
  const { n, tenant, at, user, keyId, act, task, origin, detail } = texts;
  return (
    `{"n":${n},"at":"${timeText(at)}",${actText(tenant, user, keyId, act)},"task_id":${task === null ? "null" : quoted(task)},"origin":${origin ?? "null"},` +
    `"detail":${detail},"previous_hash":"${previous}"`
  );
}

export function auditLine({ origin, detail, previous, hash, ...record }: AuditRecord): string {
  const texts = { ...record, origin: origin && originText(origin), detail: JSON.stringify(detail) };
  return `${hashedText(texts, previous)},"hash":${hash === null ? "null" : `"${hash}"`}}`;
}

const PLAIN = /^[ !#-[\]-~]*$/;

function quoted(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}

let last = { at: Number.NaN, text: "" };
function timeText(at: number): string {
  if (last.at !== at) last = { at, text: new Date(at).toISOString() };
  return last.text;
}

let lastAct = { tenant: "", user: "", keyId: "", act: "", text: "" };
/** Lines that follow each other are mostly of one key and one act. */
function actText(tenant: string, user: string, keyId: string, act: string): string {
  const last = lastAct;
  if (last.text !== "" && last.keyId === keyId && last.act === act && last.user === user && last.tenant === tenant)
    return last.text;
  const text = `"tenant":${quoted(tenant)},"user":${quoted(user)},"key_id":${quoted(keyId)},"act":${quoted(act)}`;
  lastAct = { tenant, user, keyId, act, text };
  return text;
}
