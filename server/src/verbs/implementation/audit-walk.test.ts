/**
 * Walks all verbs: each that changes something leaves one entry in the audit log, which says who did what, and nothing of
 * what was said. Lenses reach nothing but verbs, so that what holds here holds in every API. A new verb does not compile
 * before it has a row.
 */
import { Readable } from "node:stream";
import { afterAll, beforeAll, expect, it } from "vitest";
import { auditLine } from "../../task/audit-line.ts";
import { never, admin as plainAdmin, Stage } from "../suite/stage.ts";
import type { Verbs } from "../verbs.ts";

/** What is prepared, and then the act itself; how its entry calls it. */
type Changes = { act: string; given: (verbs: Verbs) => Promise<() => Promise<unknown>> };
/** Leaves no entry, and why. */
type Silent = "reads" | "counts" | "keeps what nobody owns yet" | "looks at a text" | "says that a worker lives";
type Walk = { [Noun in keyof Verbs]: { [Verb in keyof Verbs[Noun]]: Changes | Silent } };

const origin = { address: "192.0.2.7", lens: "native", request: "r-1" };
const admin = { ...plainAdmin, origin };
const SECRET = "the treasure lies under the oak";
const claim = { worker: "w1", queue: "gpu", max: 1, leaseMs: 30_000, waitMs: 0 };
const held = { worker: "w1", attempt: 1 };
const options = { analyses: [], vectorize: false, outlineAsJson: false, unknown: [] };
const wanted = { filename: "a.txt", purpose: "qa", mediaType: "text/plain", skipExisting: false };
const hook = { url: "https://hooks.example/a", format: "native" };

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage.close());

const submit = async ({ tasks }: Verbs, kind: string, input: object = {}) =>
  (await tasks.submit(admin, "native", { kind, input: { ...input, said: SECRET } })).task.id;
const human = async ({ tasks }: Verbs) => {
  const input = { title: SECRET, assignees: [{ type: "user", id: "root" }] };
  return (await tasks.submit(admin, "native", { kind: "human", input })).task.id;
};
const conversation = async ({ conversations }: Verbs) => (await conversations.create(admin, { title: SECRET })).id;
const said = { role: "user" as const, parts: [{ text: SECRET }] };
const document = async ({ documents, uploads }: Verbs) => {
  const from = await uploads.receive(admin, Readable.from([SECRET]), { bytesMax: 1_000 });
  const given = { ...wanted, from, options: { ...options, recognize: false } };
  const { document } = await documents.upload(admin, "documents", given);
  await from.release();
  return document.id;
};
const vectorStore = async (verbs: Verbs, documentIds: string[] = []) => {
  const given = { name: SECRET, description: "", metadata: {}, documentIds, expiresAfterMs: null };
  return (await verbs.vectorStores.create(admin, "documents", given)).store.id;
};
const subscription = async ({ subscriptions }: Verbs) => (await subscriptions.create(admin, null, hook)).id;
const key = async ({ keys }: Verbs) => (await keys.create(admin, { name: "k" })).key.id;
const claimed = async (verbs: Verbs) => {
  await submit(verbs, "external");
  const [task] = await verbs.work.claim(admin, claim, never);
  return task?.id ?? "";
};

const WALK: Walk = {
  tasks: {
    submit: changes("submit", async (verbs) => () => submit(verbs, "echo")),
    submitAll: changes("submit", async ({ tasks }) => () => {
      return tasks.submitAll(admin, "native", [
        { submission: { kind: "echo", input: SECRET }, idempotency: undefined },
      ]);
    }),
    cancel: changes("cancel", async (verbs) => {
      const id = await submit(verbs, "ask");
      return () => verbs.tasks.cancel(admin, id);
    }),
    pause: changes("pause", async (verbs) => {
      const id = await submit(verbs, "sleeps");
      return () => verbs.tasks.pause(admin, id);
    }),
    resume: changes("resume", async (verbs) => {
      const id = await submit(verbs, "sleeps");
      await verbs.tasks.pause(admin, id);
      return () => verbs.tasks.resume(admin, id);
    }),
    setBudget: changes("set_budget", async (verbs) => {
      const { task } = await verbs.tasks.submit(admin, "native", { kind: "sleeps", input: {}, budget: { tokens: 1 } });
      return () => verbs.tasks.setBudget(admin, task.id, { tokens: 2 });
    }),
    input: changes("input", async (verbs) => {
      const id = await submit(verbs, "ask");
      await verbs.tasks.settled(admin, id, 60_000, never);
      return () => verbs.tasks.input(admin, id, { value: SECRET });
    }),
    retry: changes("retry", async (verbs) => {
      const id = await submit(verbs, "echo");
      await stage.ended(id, admin);
      return () => verbs.tasks.retry(admin, id, { reuseJournal: false });
    }),
    delete: changes("delete", async (verbs) => {
      const id = await submit(verbs, "echo");
      await stage.ended(id, admin);
      return () => verbs.tasks.delete(admin, id);
    }),
    ...{ get: "reads", numbered: "reads", list: "reads", latest: "reads", named: "reads", names: "reads" },
    ...{
      page: "reads",
      events: "reads",
      follow: "reads",
      reader: "reads",
      settled: "reads",
      steps: "reads",
      artifacts: "reads",
    },
    ...{ usage: "reads", treeUsage: "reads", turns: "reads", lastTold: "reads", file: "reads", why: "reads" },
  },
  conversations: {
    create: changes("conversations.create", async (verbs) => () => conversation(verbs)),
    update: changes("conversations.update", async (verbs) => {
      const id = await conversation(verbs);
      return () => verbs.conversations.update(admin, id, { title: SECRET });
    }),
    delete: changes("conversations.delete", async (verbs) => {
      const id = await conversation(verbs);
      return () => verbs.conversations.delete(admin, "native", id);
    }),
    say: changes("conversations.say", async (verbs) => {
      const id = await conversation(verbs);
      return () => verbs.conversations.say(admin, id, said);
    }),
    edit: changes("conversations.edit_message", async (verbs) => {
      const id = await conversation(verbs);
      const message = await verbs.conversations.say(admin, id, said);
      return () => verbs.conversations.edit(admin, id, message.id, { parts: said.parts });
    }),
    unsay: changes("conversations.delete_message", async (verbs) => {
      const id = await conversation(verbs);
      const message = await verbs.conversations.say(admin, id, said);
      return () => verbs.conversations.unsay(admin, id, message.id);
    }),
    ...{ get: "reads", nameOf: "reads", list: "reads", messages: "reads", message: "reads" },
  },
  agents: {
    create: changes("agents.create", async ({ agents }) => () => {
      return agents.create(admin, { name: "Guide", slug: "guide", instructions: SECRET });
    }),
    update: changes("agents.update", async ({ agents }) => async () => {
      await agents.update(admin, "guide", { instructions: `${SECRET}!` });
    }),
    delete: changes(
      "agents.delete",
      async ({ agents }) =>
        () =>
          agents.delete(admin, "guide"),
    ),
    ...{ list: "reads", get: "reads", tools: "reads" },
  },
  guardrails: { check: "looks at a text" },
  work: {
    claim: changes("work.claim", async (verbs) => {
      await submit(verbs, "external");
      return () => verbs.work.claim(admin, claim, never);
    }),
    heartbeat: "says that a worker lives",
    complete: changes("work.complete", async (verbs) => {
      const id = await claimed(verbs);
      return () => verbs.work.complete(admin, id, { ...held, output: SECRET });
    }),
    fail: changes("work.fail", async (verbs) => {
      const id = await claimed(verbs);
      const error = { code: "broken", message: SECRET };
      return () => verbs.work.fail(admin, id, { ...held, error, retryable: false });
    }),
    deliver: changes("work.complete", async (verbs) => {
      const id = await submit(verbs, "external");
      return () => verbs.work.deliver(admin, id, { worker: "w1", output: SECRET });
    }),
  },
  human: {
    act: changes("decide", async (verbs) => {
      const id = await human(verbs);
      return () => verbs.human.act(admin, id, { act: "decide", outcome: "approve" }, { comment: { text: SECRET } });
    }),
    comment: changes("comment", async (verbs) => {
      const id = await human(verbs);
      return () => verbs.human.comment(admin, id, { text: SECRET });
    }),
    attach: changes("attach", async (verbs) => {
      const id = await human(verbs);
      const upload = await verbs.uploads.receive(admin, Readable.from([SECRET]), { bytesMax: 1_000 });
      return () => verbs.human.attach(admin, id, { name: "a.txt", mediaType: "text/plain" }, upload);
    }),
    detach: changes("detach", async (verbs) => {
      const id = await human(verbs);
      const upload = await verbs.uploads.receive(admin, Readable.from([SECRET]), { bytesMax: 1_000 });
      await verbs.human.attach(admin, id, { name: "a.txt", mediaType: "text/plain" }, upload);
      return () => verbs.human.detach(admin, id, "a.txt");
    }),
    ...{ allowed: "reads", worklist: "reads", counts: "reads", comments: "reads", attachments: "reads" },
    ...{ openAttachment: "reads", history: "reads", identities: "reads", identity: "reads", nameOf: "reads" },
  },
  keys: {
    create: changes("keys.create", async (verbs) => () => key(verbs)),
    rotate: changes("keys.rotate", async (verbs) => {
      const id = await key(verbs);
      return () => verbs.keys.rotate(admin, id, 1_000);
    }),
    revoke: changes("keys.revoke", async (verbs) => {
      const id = await key(verbs);
      return () => verbs.keys.revoke(admin, id);
    }),
    revokeAll: changes("keys.revoke", async (verbs) => {
      await verbs.keys.create(admin, { name: "k", user: "lost" });
      return () => verbs.keys.revokeAll(admin, "lost");
    }),
    ...{ authenticate: "reads", ended: "reads", list: "reads", noteUses: "counts" },
  },
  documents: {
    upload: changes("files.create", async (verbs) => () => document(verbs)),
    annotate: changes("files.annotate", async (verbs) => {
      const id = await document(verbs);
      return () => verbs.documents.annotate(admin, id, { said: SECRET });
    }),
    analyze: changes("files.analyze", async (verbs) => {
      const id = await document(verbs);
      return () => verbs.documents.analyze(admin, "documents", id, { ...options, vectorize: true });
    }),
    delete: changes("files.delete", async (verbs) => {
      const id = await document(verbs);
      return () => verbs.documents.delete(admin, id);
    }),
    ...{ get: "reads", list: "reads", whole: "reads", bytes: "reads", pages: "reads", chunks: "reads", tasks: "reads" },
  },
  vectorStores: {
    create: changes("vector_stores.create", async (verbs) => () => vectorStore(verbs)),
    change: changes("vector_stores.update", async (verbs) => {
      const id = await vectorStore(verbs);
      return () => verbs.vectorStores.change(admin, "documents", id, { description: SECRET });
    }),
    delete: changes("vector_stores.delete", async (verbs) => {
      const id = await vectorStore(verbs);
      return () => verbs.vectorStores.delete(admin, "documents", id);
    }),
    add: changes("vector_stores.add_files", async (verbs) => {
      const [id, documentId] = [await vectorStore(verbs), await document(verbs)];
      return () => verbs.vectorStores.add(admin, "documents", id, [{ documentId, attributes: {} }], false);
    }),
    setAttributes: changes("vector_stores.change_file", async (verbs) => {
      const member = await document(verbs);
      const id = await vectorStore(verbs, [member]);
      return () => verbs.vectorStores.setAttributes(admin, id, member, { said: SECRET });
    }),
    remove: changes("vector_stores.remove_file", async (verbs) => {
      const member = await document(verbs);
      const id = await vectorStore(verbs, [member]);
      return () => verbs.vectorStores.remove(admin, id, member);
    }),
    cancelBatch: changes("vector_stores.cancel_batch", async (verbs) => {
      const [id, documentId] = [await vectorStore(verbs), await document(verbs)];
      const { batch } = await verbs.vectorStores.add(admin, "documents", id, [{ documentId, attributes: {} }], true);
      return () => verbs.vectorStores.cancelBatch(admin, id, batch?.id ?? "");
    }),
    search: "counts",
    ...{
      searchAll: "reads",
      get: "reads",
      hasAny: "reads",
      documentIds: "reads",
      list: "reads",
      tasks: "reads",
      member: "reads",
      members: "reads",
    },
    ...{ batch: "reads", summary: "reads", counts: "reads" },
  },
  uploads: { receive: "keeps what nobody owns yet" },
  subscriptions: {
    create: changes("webhooks.create", async (verbs) => () => subscription(verbs)),
    delete: changes("webhooks.delete", async (verbs) => {
      const id = await subscription(verbs);
      return () => verbs.subscriptions.delete(admin, null, id);
    }),
    redrive: changes("webhooks.redrive", async (verbs) => {
      const task = await submit(verbs, "echo");
      await stage.ended(task, admin);
      const { id } = await verbs.subscriptions.create(admin, task, hook);
      return () => verbs.subscriptions.redrive(admin, task, id, 1);
    }),
    enable: changes("webhooks.enable", async (verbs) => {
      const id = await subscription(verbs);
      const { subscriptions } = stage.store;
      const found = (await subscriptions.find(admin, null, id)) ?? expect.fail();
      await subscriptions.change({ ...found, version: found.version + 1, state: "disabled", reason: "dead" }, {});
      return () => verbs.subscriptions.enable(admin, null, id);
    }),
    rotate: changes("webhooks.rotate", async (verbs) => {
      const { id } = await verbs.subscriptions.create(admin, null, { ...hook, secrets: { secret: SECRET } });
      return () => verbs.subscriptions.rotate(admin, null, id, { secret: `${SECRET}!`, overlapMs: 1 });
    }),
    try: changes("webhooks.try", async (verbs) => {
      const id = await subscription(verbs);
      return () => verbs.subscriptions.try(admin, null, id);
    }),
    ...{ list: "reads", get: "reads", deliveries: "reads" },
  },
  usage: { share: "reads", sums: "reads" },
  erasures: {
    begin: changes(
      "erasures.begin",
      async ({ erasures }) =>
        () =>
          erasures.begin(admin, { type: "user", id: "eve" }),
    ),
    ...{ get: "reads", list: "reads" },
  },
  audit: {
    signedIn: changes(
      "sign_in",
      async ({ audit }) =>
        () =>
          audit.signedIn(admin, "orchestrate"),
    ),
    ...{ page: "reads", next: "reads", refused: "counts", close: "counts" },
  },
};

function changes(act: string, given: Changes["given"]): Changes {
  return { act, given };
}

const changing = Object.entries(WALK).flatMap(([noun, verbs]) =>
  Object.entries<Changes | Silent>(verbs).flatMap(([verb, row]): [string, Changes][] =>
    typeof row === "string" ? [] : [[`${noun}.${verb}`, row]],
  ),
);

it.each(changing)("%s leaves one entry, of ids and sizes alone", async (_verb, { act, given }) => {
  const doIt = await given(stage.verbs);
  const before = await stage.store.audit.newest();
  await doIt();
  const { entries } = await stage.store.audit.page({}, { after: before }, 10);
  expect(entries.map((entry) => entry.act)).toEqual([act]);
  expect(entries[0]).toMatchObject({ tenant: "acme", user: "root", keyId: admin.keyId, origin });
  expect(auditLine(entries[0] ?? expect.fail())).not.toContain("treasure");
});
