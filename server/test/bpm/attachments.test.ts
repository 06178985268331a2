/** Files and comments on a task: taken as they come, bounded, given back as they were; and bodies that are meant to hurt. */
import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { attachmentsPage } from "../../src/lenses/bpm/schema.ts";
import { startTestServer, type TestServer } from "../server.ts";
import { BASE, clientOf } from "./client.ts";

let server: TestServer;
let ada: ReturnType<typeof clientOf>;
let number = 0;
beforeAll(async () => {
  server = await startTestServer();
  ada = clientOf(server);
  number = await ada.task({ title: "Look at these" });
});
afterAll(() => server.stop());

const said = (attachmentName: string, more: object = {}) =>
  JSON.stringify({ attachmentName, mimeType: "text/plain", ...more });
const MIXED = 'multipart/mixed; boundary="b"';

function mixed(first: string, bytes: string, end = "\r\n--b--\r\n"): string {
  return `--b\r\nContent-Type: application/json\r\n\r\n${first}\r\n--b\r\nContent-Type: text/plain\r\n\r\n${bytes}${end}`;
}
const attach = (body: string | FormData, type?: string, to = number) =>
  ada.send(`/tasks/${to}/attachments`, body, type);

describe("an attachment", () => {
  it("comes as two parts of a mixed body or of a form, and goes as it came", async () => {
    const sent = await attach(mixed(said("a note.txt"), "first\r\nsecond"), MIXED);
    expect([sent.status, attachmentsPage.parse(sent.body)]).toMatchObject([
      200,
      { levels: 1, attachment: [{ attachmentName: "a note.txt", attachmentSize: 13, mimeType: "text/plain" }] },
    ]);
    const bytes = randomBytes(3_000_000);
    const form = new FormData();
    form.append("metadata", said("large.bin", { mimeType: "application/octet-stream", attachmentScope: "BPM" }));
    form.append("content", new Blob([bytes]), "ignored.bin");
    expect((await attach(form)).body.attachment[1]).toMatchObject({
      attachmentSize: 3_000_000,
      attachmentScope: "BPM",
    });
    const { body } = await ada.get(`/tasks/${number}/attachments/large.bin`);
    const loaded = await fetch(body.uri.href);
    const back = Buffer.from(await loaded.arrayBuffer());
    expect(createHash("sha256").update(back).digest("hex")).toBe(createHash("sha256").update(bytes).digest("hex"));
    expect(Object.fromEntries(loaded.headers)).toMatchObject({
      "content-type": "application/octet-stream",
      "content-disposition": "attachment; filename*=UTF-8''large.bin",
      "x-content-type-options": "nosniff",
    });
  });

  it("has a name of its own, whatever letters it has, and is removed by it", async () => {
    const name = "Größe & 100% (neu).html";
    expect((await attach(mixed(said(name, { mimeType: "text/html; charset=utf-8" }), "<b>"), MIXED)).status).toBe(200);
    expect((await attach(mixed(said(name), "again"), MIXED)).status).toBe(409);
    const path = `/tasks/${number}/attachments/${encodeURIComponent(name)}`;
    const { body } = await ada.get(path);
    expect(body).toMatchObject({ attachmentName: name, mimeType: "text/html" });
    expect(await (await fetch(body.uri.href)).text()).toBe("<b>");
    const stale = await ada.delete(path, { "if-match": '"0-0"' });
    expect([stale.status, (await ada.get(path)).status]).toEqual([409, 200]);
    const removed = await ada.delete(path);
    expect([removed.status, removed.text]).toEqual([200, "Attachment Removed"]);
    expect((await ada.get(path)).body).toMatchObject({ status: 404, "o:errorCode": "BPM-ATTACHMENT-NOT-FOUND" });
  });

  it.each([
    ["no multipart body", () => attach("{}", "application/json"), 415],
    ["no boundary", () => attach("x", "multipart/mixed"), 415],
    ["one part", () => attach(`--b\r\n\r\n${said("x")}\r\n--b--\r\n`, MIXED), 400],
    ["three parts", () => attach(mixed(said("x"), "1\r\n--b\r\n\r\n3"), MIXED), 400],
    ["a cut body", () => attach(mixed(said("x"), "cut", ""), MIXED), 400],
    ["nothing at all", () => attach("", MIXED), 400],
    ["a first part that is no JSON", () => attach(mixed("{oops", "x"), MIXED), 400],
    ["a first part that is too large", () => attach(mixed(said("x", { more: "y".repeat(70_000) }), "x"), MIXED), 413],
    ["no name", () => attach(mixed("{}", "x"), MIXED), 400],
    ["a path for a name", () => attach(mixed(said("../../etc/passwd"), "x"), MIXED), 400],
    ["a name of dots", () => attach(mixed(said(".."), "x"), MIXED), 400],
    ["a name with a control character", () => attach(mixed(said("a\nb"), "x"), MIXED), 400],
    ["a name of too many bytes", () => attach(mixed(said("ä".repeat(200)), "x"), MIXED), 400],
    ["a type that is none", () => attach(mixed(said("x", { mimeType: "x\r\ny: z" }), "x"), MIXED), 400],
    ["a size that is not true", () => attach(mixed(said("x", { attachmentSize: 99 }), "x"), MIXED), 400],
    ["a task that there is not", () => attach(mixed(said("x"), "x"), MIXED, 4711), 404],
  ])("is refused with %s", async (_, send, status) => {
    const refused = await send();
    expect([refused.status, refused.body]).toMatchObject([status, { type: "about:blank", status }]);
  });

  it("and a comment are taken as long as the task is open, and read for longer", async () => {
    const short = await ada.task({ title: "Short" });
    expect((await attach(mixed(said("kept.txt"), "kept"), MIXED, short)).status).toBe(200);
    const commented = await ada.post(`/tasks/${short}/comments`, { commentStr: " Seen. ", commentScope: "BPM" });
    expect(commented.body.comment).toMatchObject([{ commentStr: "Seen.", commentScope: "BPM", userId: "developer" }]);
    await ada.act(short, "APPROVE");
    expect((await ada.post(`/tasks/${short}/comments`, { commentStr: "Late" })).status).toBe(409);
    expect((await attach(mixed(said("late.txt"), "late"), MIXED, short)).status).toBe(409);
    expect((await ada.delete(`/tasks/${short}/attachments/kept.txt`)).status).toBe(409);
    const { metadata } = (await ada.get(`/tasks/${short}?expand=all`)).body;
    expect(metadata.attachments.attachment).toMatchObject([{ attachmentName: "kept.txt" }]);
    expect(metadata.comments.comment).toHaveLength(1);
  });
});

describe("a hostile body", () => {
  const HUGE = "x".repeat(2_000_000);
  it.each([
    ["PUT", "", "{"],
    ["PUT", "", "null"],
    ["PUT", "", "[]"],
    ["PUT", "", '{"action":{"id":{}}}'],
    ["PUT", "", '{"action":["APPROVE"]}'],
    ["PUT", "", '{"action":"APPROVE","priority":"high"}'],
    ["PUT", "", '{"action":"APPROVE","identities":"bob"}'],
    ["PUT", "", '{"action":"REASSIGN","identities":[{"id":"x","type":"planet"}]}'],
    ["PUT", "", '{"action":"SAVE","payload":"text"}'],
    ["PUT", "", '{"action":"__proto__"}'],
    ["PUT", "", '{"action":"constructor"}'],
    ["PUT", "", `{"action":"APPROVE","comments":"${"y".repeat(10_001)}"}`],
    ["PUT", "", `{"action":"SAVE","payload":${"[".repeat(5_000)}${"]".repeat(5_000)}}`],
    ["POST", "/comments", "{}"],
    ["POST", "/comments", '{"commentStr":"   "}'],
    ["POST", "/comments", '{"commentStr":7}'],
    ["POST", "/comments", '{"commentStr":"x","commentScope":"WORLD"}'],
    ["PUT", "/payload", "7"],
    ["PUT", "/payload", `{"a":"${"z".repeat(70_000)}"}`],
    ["POST", "/payload", ""],
    ["PUT", "", `{"action":"APPROVE","comments":"${HUGE}"}`],
  ])("by %s %s is a clear refusal: %.60s", async (method, path, body) => {
    const response = await server.call(`${BASE}/tasks/${number}${path}`, {
      method,
      body,
      headers: { "content-type": "application/json" },
    });
    const told = JSON.parse(await response.text());
    expect([400, 413]).toContain(response.status);
    expect(told).toMatchObject({ type: "about:blank", status: response.status, "o:errorCode": expect.any(String) });
    expect((await ada.get(`/tasks/${number}`)).body.status.state).toBe("input-required");
  });

  it.each([
    "/tasks/%E0%A4%A",
    `/tasks/${"9".repeat(5_000)}`,
    "/tasks/1?expand[a]=1",
    "/tasks?limit[0]=1",
    `/tasks?keyword=${"k".repeat(2_000)}`,
    "/tasks?dueDateFrom=9999999-99-99",
    "/tasks?offset=999999999999999999999",
    "/identities?searchPattern[x]=1&limit=0",
  ])("or a hostile address either: %s", async (path) => {
    const { status, body } = await ada.get(path);
    expect(status).toBeLessThan(500);
    if (status !== 200) expect(body).toMatchObject({ status });
  });
});
