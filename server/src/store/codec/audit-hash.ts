/** The hash of a line of the audit log. */
import { hash } from "node:crypto";
import { type AuditTexts, hashedText } from "../../task/audit-line.ts";

export function auditHash(texts: AuditTexts, previous: string): string {
  return hash("sha256", hashedText(texts, previous), "hex");
}
