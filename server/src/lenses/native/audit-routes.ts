/** The audit log: pages of it for people, and lines for whoever keeps it elsewhere. */
import type { z } from "zod";
import type { AuditFilter, AuditRecord } from "../../task/audit.ts";
import { auditLine } from "../../task/audit-line.ts";
import { Refusal } from "../../task/errors.ts";
import { type Route, route } from "../route.ts";
import * as wire from "./audit-schema.ts";
import { wireTime } from "./translate.ts";

const LINES_TYPE = "application/x-ndjson";

export const auditRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/v1/audit",
    id: "listAudit",
    scope: "admin",
    tag: "Audit",
    summary: "Who did what, newest first",
    description:
      "What was done in the tenant: submits, steering, deletes, keys, refused scopes. To keys of the tenant `default`, or with the scope `metrics`, also what is nobody's: starts of " +
      "the server, and keys that nobody knows. A page may have fewer entries than `limit`, or none, where few fit: go on while there is a cursor. " +
      "`forbidden` without the scope `admin`; `invalid` for `wait` without `order=oldest`.",
    query: wire.auditQuery,
    answers: [{ status: 200, about: "A page.", schema: wire.auditPage }],
    handle: async ({ principal, verbs, query: { limit, cursor, order, wait, ...given }, left }) => {
      if (order === "oldest") {
        const page = { limit, waitMs: (wait ?? 0) * 1_000 };
        const { entries, place } = await verbs.audit.next(principal, filterOf(given), cursor ?? 0, page, left);
        return { status: 200, body: { data: entries.map(wireEntry), next_cursor: String(place) } };
      }
      if (wait !== undefined)
        throw new Refusal("invalid", "What comes is waited for in the order of its coming: order=oldest.", {
          field: "query.wait",
        });
      const place = { before: cursor ?? null };
      const page = await verbs.audit.page(principal, filterOf(given), place, limit);
      const next_cursor = page.more ? String(page.place) : null;
      return { status: 200, body: { data: page.entries.map(wireEntry), next_cursor } };
    },
  }),
  route({
    method: "GET",
    path: "/v1/audit/export",
    id: "exportAudit",
    scope: "admin",
    tag: "Audit",
    summary: "The same as lines, oldest first, from a cursor on",
    description:
      "One JSON object a line, of which the hash of each can be checked without a JSON library. Entries are numbered in the order in which they were committed, without " +
      "a gap: whoever goes on from the last number that it has misses nothing. With `wait` the answer is held while there is nothing new. " +
      "`forbidden` without the scope `admin`.",
    query: wire.auditExportQuery,
    answers: [
      {
        status: 200,
        about: "Lines, at most about 1 MB of them; none when there is nothing new.",
        mediaType: LINES_TYPE,
        headers: { "Next-Cursor": "Where to go on: all up to there was looked at." },
      },
    ],
    handle: async ({ principal, verbs, query: { limit, cursor, wait, ...given }, left }) => {
      const page = { limit, waitMs: (wait ?? 0) * 1_000 };
      const { entries, place } = await verbs.audit.next(principal, filterOf(given), cursor ?? 0, page, left);
      const bytes = entries.map((entry) => `${auditLine(entry)}\n`).join("");
      return { status: 200, bytes, headers: { "content-type": LINES_TYPE, "next-cursor": String(place) } };
    },
  }),
];

type Given = Omit<z.output<typeof wire.auditExportQuery>, "limit" | "cursor" | "wait">;

function filterOf({ from, before, user, key_id, act, task_id, address }: Given): AuditFilter {
  return {
    ...(from !== undefined && { from }),
    ...(before !== undefined && { before }),
    ...(user !== undefined && { user }),
    ...(key_id !== undefined && { keyId: key_id }),
    ...(act !== undefined && { act }),
    ...(task_id !== undefined && { task: task_id }),
    ...(address !== undefined && { address }),
  };
}

function wireEntry({ n, at, tenant, user, keyId, act, task, origin, detail, previous, hash }: AuditRecord) {
  const entry: z.output<typeof wire.auditEntry> = {
    ...{ n, at: wireTime(at), tenant, user, key_id: keyId, act, task_id: task },
    origin: origin && { address: origin.address, lens: origin.lens, request_id: origin.request },
    detail,
    ...{ previous_hash: previous, hash },
  };
  return entry;
}
