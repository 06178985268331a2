/** Retrieving a task: of any kind, by its number or its id, in the A2A shape. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { taskAnswer } from "../../src/lenses/bpm/schema.ts";
import { startTestServer, type TestServer } from "../server.ts";

const BASE = "/bpm/api/4.0";

let server: TestServer;
let number = 0;
let id = "";
beforeAll(async () => {
  server = await startTestServer({ config: { publicUrl: null } });
  ({ number, id } = await submitted({ kind: "agent", input: { query: "What is 17 * 23?" } }));
});
afterAll(() => server.stop());

async function submitted(submission: object): Promise<{ id: string; number: number }> {
  const response = await server.call("/v1/tasks?wait=60", { json: submission });
  return z.object({ id: z.string(), number: z.int() }).parse(await response.json());
}

async function read(path: string, init: RequestInit = {}) {
  const response = await server.call(`${BASE}${path}`, init);
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: text === "" ? null : JSON.parse(text) };
}

/** The body without its links, which name another number in each task. */
const task = (query = "") => read(`/tasks/${number}${query}`);

describe("a task that is retrieved", () => {
  it("is in the A2A shape without any parameter: nothing expanded, and a link to each field", async () => {
    const { status, headers, body, text } = await task();
    expect([status, headers.get("content-type")]).toEqual([200, "application/json; charset=utf-8"]);
    expect(Object.keys(body)).toEqual([
      "artifacts",
      "contextId",
      "final",
      "history",
      "id",
      "kind",
      "metadata",
      "status",
    ]);
    expect(text).not.toContain("null");
    expect(taskAnswer.parse(body)).toEqual(body);
    const field = (name: string) => ({
      levels: 0,
      links: [{ rel: "self", href: `${server.url}${BASE}/tasks/${number}/${name}`, length: 0 }],
    });
    expect(body).toMatchObject({
      kind: "task",
      id: String(number),
      final: true,
      history: [],
      status: { state: "completed", timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) },
      metadata: {
        comments: field("comments"),
        attachments: field("attachments"),
        history: field("history"),
        payload: field("payload"),
      },
    });
    expect(body.metadata.links.map(({ rel }: { rel: string }) => rel)).toEqual([
      "self",
      "comments",
      "attachments",
      "history",
      "payload",
    ]);
  });

  it("has its outputs as artifacts of text, whatever is expanded", async () => {
    const { body } = await task();
    expect(body.artifacts).toEqual([
      {
        append: false,
        artifactId: "result",
        lastChunk: true,
        name: "result",
        parts: [{ kind: "text", text: expect.stringContaining("391"), type: "text" }],
      },
    ]);
    expect((await task("?expand=All")).body.artifacts).toEqual(body.artifacts);
  });

  it("is found by its number, by its id and under the older paths", async () => {
    const { body } = await task();
    expect((await read(`/tasks/${id}`)).body).toEqual(body);
    const older = await (await server.call(`/bpm/api/3.0/tasks/${number}`)).text();
    expect(JSON.parse(older.replaceAll("/bpm/api/3.0/", "/bpm/api/4.0/"))).toEqual(body);
    const oldest = await (await server.call(`/ic/api/process/v1/tasks/${number}`)).json();
    expect(oldest).toMatchObject({ number, taskId: id, state: "COMPLETED", rel: "self" });
  });

  it("expands all fields by one word in any case, or each by its own", async () => {
    const all = await task("?expand=All");
    expect(taskAnswer.parse(all.body)).toEqual(all.body);
    for (const query of [
      "?expand=all",
      "?expand=comments,attachments,history,payload",
      "?expand=%20Payload%20,history&expand=attachments&expand=comments,",
    ]) {
      expect([query, (await task(query)).body]).toEqual([query, all.body]);
    }
    expect(all.body.metadata).toMatchObject({
      comments: { levels: 1, comment: [] },
      attachments: { levels: 1, attachment: [] },
      payload: { query: "What is 17 * 23?" },
    });
    expect(all.body.metadata.links).toHaveLength(1);
  });

  it("fills its history when that is expanded, and leaves the other fields collapsed", async () => {
    const { body } = await task("?expand=history");
    expect(body.history[0]).toMatchObject({
      kind: "message",
      role: "user",
      taskId: String(number),
      contextId: body.contextId,
      parts: [{ kind: "text", text: "What is 17 * 23?", type: "text" }],
    });
    expect(body.metadata.history.taskHistory[0]).toMatchObject({
      actionName: "SUBMIT",
      userId: "developer",
      updatedDate: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
    });
    const { comments, attachments, payload } = body.metadata;
    expect([comments.levels, attachments.levels, payload.levels]).toEqual([0, 0, 0]);
  });

  it("has what a worklist shows of it when metadata is asked for, and only then", async () => {
    const more = ["task", "detailsURL", "actionList"];
    const plain = await task("?metadataFlag=FALSE");
    expect(Object.keys(plain.body.metadata)).not.toEqual(expect.arrayContaining([more[0]]));
    const { body } = await task("?metadataFlag=True");
    expect(Object.keys(body.metadata)).toEqual(expect.arrayContaining(more));
    expect(taskAnswer.parse(body)).toEqual(body);
    expect(body.metadata.task).toMatchObject({ number, taskId: id, state: "COMPLETED", rootTaskNumber: number });
    expect(body.metadata.task).not.toHaveProperty("links");
  });

  it("is answered again only when it has changed, and by HEAD without a body", async () => {
    const { headers } = await task();
    const etag = headers.get("etag") ?? "";
    const again = await task("");
    expect(again.headers.get("etag")).toBe(etag);
    const unchanged = await read(`/tasks/${number}`, { headers: { "if-none-match": etag } });
    expect([unchanged.status, unchanged.text]).toEqual([304, ""]);
    const head = await read(`/tasks/${number}`, { method: "HEAD" });
    expect([head.status, head.text, head.headers.get("etag")]).toEqual([200, "", etag]);
  });

  it.each(["?expand=foo", "?expand=comments,foo", "?metadataFlag=maybe", "?view=x", "?view=a2a&metadataFlag=1"])(
    "refuses %s as a bad request",
    async (query) => {
      const { status, body } = await task(query);
      expect([status, body]).toEqual([
        400,
        {
          type: "about:blank",
          title: "Bad request",
          status: 400,
          detail: expect.any(String),
          "o:errorCode": "BPM-BAD-REQUEST",
          requestId: expect.any(String),
        },
      ]);
    },
  );

  it.each(["?unknown=1", "?expand=", "?metadataFlag=", "?expand&metadataFlag"])("passes over %s", async (query) => {
    expect((await task(query)).body).toEqual((await task()).body);
  });

  it.each(["4711", "99999999999999999999", "0", "-1", "1.5", "abc", "task_00000000000000000000000000", "%2e%2e"])(
    "that is not there is not found, whatever it is called: %s",
    async (name) => {
      const { status, body } = await read(`/tasks/${name}`);
      expect([status, body]).toMatchObject([
        404,
        { title: "Task not found for given ID.", "o:errorCode": "BPM-TASK-NOT-FOUND" },
      ]);
    },
  );

  it("has a wrong path or method said in the words of this API", async () => {
    expect((await read("/nothing")).body).toMatchObject({ status: 404, "o:errorCode": "BPM-TASK-NOT-FOUND" });
    const wrong = await read(`/tasks/${number}/`, { method: "PATCH" });
    expect(wrong.body).toMatchObject({ type: "about:blank" });
  });
});
