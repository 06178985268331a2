/** The log of who did what: its order, its pages, its chain and its end. */
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import type { AuditEntry, AuditFilter } from "../../task/audit.ts";
import { auditLine } from "../../task/audit-line.ts";
import { submitted } from "../../task/decide.ts";
import type { Store } from "../store.ts";
import { newConversation, newTask, START } from "./new-task.suite.ts";

const origin = { address: "192.0.2.7", lens: "native", request: "r1" };

function entry(fields: Partial<AuditEntry> = {}): AuditEntry {
  return {
    ...{ tenant: "acme", at: START, user: "ada", keyId: "k1", act: "cancel", task: null, detail: { reason: "late" } },
    origin,
    ...fields,
  };
}

async function acts(store: Store, filter: AuditFilter): Promise<string[]> {
  return (await store.audit.page(filter, { after: 0 }, 50)).entries.map(({ act }) => act);
}

const times = { idempotencyBefore: 0, auditBefore: 0, auditEntriesMax: 1_000, unusedSince: 0, expiredBefore: 0 };
/** In as many turns as a busy machine needs. */
async function swept(store: Store, given: Partial<typeof times>): Promise<void> {
  for (let after: string | null = ""; after !== null; ) after = await store.sweepRecords({ ...times, ...given }, after);
}

export function auditStories(setup: () => Promise<Store>): void {
  test("an entry commits with what it tells of, and is read as it was written", async () => {
    const store = await setup();
    expect(await store.audit.newest()).toBe(0);
    const task = newTask();
    const submit = entry({ act: "submit", task: task.id, detail: { kind: 'an "odd" kind\u2028' } });
    await store.apply([{ ...submitted(task), audit: submit }]);
    expect((await store.apply([{ ...submitted(task), audit: submit }])).ok).toBe(false);
    const { entries, place, more } = await store.audit.page({}, { after: 0 }, 10);
    expect(entries).toEqual([{ ...submit, n: 1, previous: "", hash: expect.any(String) }]);
    expect({ place, more }).toEqual({ place: 1, more: false });
    expect(await store.audit.newest()).toBe(1);
  });

  test("what does nothing leaves no entry, whatever it is of", async () => {
    const store = await setup();
    const { documents } = store;
    const conversation = newConversation();
    await store.createConversation(conversation, null, entry({ act: "conversations.create" }));
    await expect(store.createConversation(conversation, null, entry())).rejects.toMatchObject({ code: "conflict" });
    const said = { role: "user" as const, parts: [{ text: "hello" }] };
    const { n } = await store.appendMessage(conversation.id, said, START, entry({ act: "conversations.say" }));
    await store.editMessage(
      conversation.id,
      n,
      { parts: [{ text: "hi" }] },
      START,
      entry({ act: "conversations.edit" }),
    );
    expect(await store.editMessage(conversation.id, 9, {}, START, entry())).toBe(false);
    await store.deleteMessage(conversation.id, n, entry({ act: "conversations.unsay" }));
    expect(await store.deleteMessage(conversation.id, n, entry())).toBe(false);
    await store.updateConversation(conversation.id, { title: "t" }, START, entry({ act: "conversations.update" }));
    await store.deleteConversation(conversation.id, START, entry({ act: "conversations.delete" }));
    await expect(store.appendMessage(conversation.id, said, START, entry())).rejects.toMatchObject({
      code: "not_found",
    });
    expect(await documents.removeDocument("none", entry())).toBe(false);
    await expect(documents.annotateDocument("none", {}, START, entry())).rejects.toMatchObject({ code: "not_found" });
    expect(await documents.setAttributes({ vectorStore: "v", document: "d" }, {}, entry())).toBe(false);
    await expect(documents.put({ changed: { key: "none" } }, entry())).rejects.toMatchObject({ code: "not_found" });
    expect(await acts(store, {})).toEqual(
      ["create", "say", "edit", "unsay", "update", "delete"].map((act) => `conversations.${act}`),
    );
  });

  test("each line holds the hash of the one before, and its own is that of its text", async () => {
    const store = await setup();
    await Promise.all([1, 2, 3].map((n) => store.audit.append(entry({ act: `act ${n}`, at: START + n }))));
    const { entries } = await store.audit.page({}, { after: 0 }, 10);
    let previous = "";
    for (const each of entries) {
      const line = auditLine(each);
      expect(JSON.parse(line)).toMatchObject({ n: each.n, act: each.act, previous_hash: previous, hash: each.hash });
      const hashed = line.slice(0, line.lastIndexOf(',"hash":'));
      expect(each.hash).toBe(createHash("sha256").update(hashed).digest("hex"));
      previous = each.hash ?? "";
    }
    expect(entries.map(({ n }) => n)).toEqual([1, 2, 3]);
  });

  test("it is read from either end in pages, by tenant, user, key, act, task, address and time", async () => {
    const store = await setup();
    const task = newTask();
    await store.audit.append(entry({ act: "keys.create", keyId: "k2" }));
    await store.apply([{ ...submitted(task), audit: entry({ act: "submit", task: task.id, at: START + 10 }) }]);
    await store.audit.append(entry({ act: "keysmith", at: START + 20, origin: { ...origin, address: "::1" } }));
    await store.audit.append(entry({ act: "keys.revoke", at: START + 30, tenant: "other", user: "eve" }));
    await store.audit.append(entry({ act: "start", at: START + 40, tenant: "", user: "", origin: null }));
    const cases: [AuditFilter, string[]][] = [
      [{}, ["keys.create", "submit", "keysmith", "keys.revoke", "start"]],
      [{ tenants: ["acme"] }, ["keys.create", "submit", "keysmith"]],
      [{ tenants: ["acme", ""] }, ["keys.create", "submit", "keysmith", "start"]],
      [{ user: "eve" }, ["keys.revoke"]],
      [{ keyId: "k2" }, ["keys.create"]],
      [{ act: "keys" }, ["keys.create", "keys.revoke"]],
      [{ act: "keys.revoke" }, ["keys.revoke"]],
      [{ tenants: ["acme"], task: task.id }, ["submit"]],
      [{ tenants: ["other"], task: task.id }, []],
      [{ address: "::1" }, ["keysmith"]],
      [{ from: START + 10, before: START + 30 }, ["submit", "keysmith"]],
      [{ from: START + 10_000_000 }, []],
    ];
    for (const [filter, expected] of cases) expect(await acts(store, filter)).toEqual(expected);
    const newest = await store.audit.page({}, { before: null }, 2);
    expect(newest.entries.map(({ act }) => act)).toEqual(["start", "keys.revoke"]);
    const older = await store.audit.page({}, { before: newest.place }, 9);
    expect(older.entries.map(({ act }) => act)).toEqual(["keysmith", "submit", "keys.create"]);
    expect([newest.more, older.more]).toEqual([true, false]);
    const first = await store.audit.page({ tenants: ["acme"] }, { after: 0 }, 2);
    const rest = await store.audit.page({ tenants: ["acme"] }, { after: first.place }, 2);
    expect([first, rest].map(({ entries }) => entries.length)).toEqual([2, 1]);
    // All was looked at: whoever goes on from here does not go over what was not for them.
    expect(rest).toMatchObject({ place: 5, more: false });
    expect(await store.audit.page({}, { after: 99 }, 2)).toEqual({ entries: [], place: 99, more: false });
  });

  test("what is too old goes, and what is too much, and the chain goes on from there", async () => {
    const store = await setup();
    for (let n = 1; n <= 6; n++) {
      // A clock that was wrong keeps nothing that others have come after.
      const at = n === 2 ? START + 1_000_000 : START + n;
      await store.audit.append(entry({ act: `act ${n}`, at }));
    }
    const before = await store.audit.page({}, { after: 0 }, 9);
    await swept(store, { auditBefore: START + 4 });
    const after = await store.audit.page({}, { after: 0 }, 9);
    expect(after.entries).toEqual(before.entries.slice(3));
    await swept(store, { auditEntriesMax: 1 });
    expect(await acts(store, {})).toEqual(["act 6"]);
    await swept(store, { auditBefore: START + 4_000_000 });
    expect(await acts(store, {}), "the next one is counted from it").toEqual(["act 6"]);
    await store.audit.append(entry({ act: "act 7" }));
    const [, last] = (await store.audit.page({}, { after: 0 }, 9)).entries;
    expect(last).toMatchObject({ n: 7, previous: before.entries[5]?.hash });
  });
}
