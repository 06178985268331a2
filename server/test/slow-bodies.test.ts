/** How fast a body comes is told by what comes over its connection, whatever its reader makes of it: at each door the same. */
import { Agent, type ClientRequest, request } from "node:http";
import { setImmediate } from "node:timers/promises";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { BodyPace } from "../src/lenses/body/body-pace.ts";
import { clientOf } from "./bpm/client.ts";
import { startTestServer, type TestServer } from "./server.ts";

let server: TestServer;
let number = 0;
beforeAll(async () => {
  // A server looks at how much its event loop works, before it loads what it will need.
  const { eventLoopUtilization } = performance;
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
  performance.eventLoopUtilization = eventLoopUtilization;
  server = await startTestServer();
  number = await clientOf(server).task({ title: "Look at these" });
});
afterAll(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  await server.stop();
});

/** A body is looked after as soon as somebody reads it. */
const begun = vi.spyOn(BodyPace.prototype, "watch");

const FORM = "multipart/form-data; boundary=b";
const LONGER_THAN_ANY_GRACE_S = 40;

type Door = { path: () => string; headers?: Record<string, string>; before: string; after: string };

const shannon: Door = {
  path: () => "/shannon/api/v1/tasks",
  headers: { "x-api-key": "sk_test_123456" },
  before: '{"query":"q","context":{"attachments":[{"media_type":"text/plain","data":"',
  after: '"}]}}',
};
const a2a = (path: string, before = "", after = ""): Door => ({
  path: () => path,
  headers: { "a2a-version": "1.0" },
  before: `${before}{"message":{"messageId":"${path}","role":"ROLE_USER","parts":[{"text":"q"},{"raw":"`,
  after: `"}]},"configuration":{"returnImmediately":true}}${after}`,
});
const form = (path: string, field = "file", fields = ""): Door => ({
  path: () => path,
  headers: { "content-type": FORM },
  before: `${fields}--b\r\nContent-Disposition: form-data; name="${field}"; filename="a.txt"\r\n\r\n`,
  after: "\r\n--b--\r\n",
});

/** What takes files, each with what stands before and behind the bytes of one. */
const FILES: [string, Door][] = [
  ["an attachment of Shannon's", shannon],
  ["a part of a message over A2A in HTTP", a2a("/a2a/message:send")],
  [
    "a part of a message over A2A in JSON-RPC",
    a2a("/a2a", '{"jsonrpc":"2.0","id":1,"method":"SendMessage","params":', "}"),
  ],
  [
    "the bytes of a file",
    { path: () => "/v1/files?filename=a.txt", headers: { "content-type": "text/plain" }, before: "", after: "" },
  ],
  ["a file of a form", form("/v1/files")],
  [
    "a file of Documents",
    form("/documents/v1/files", "file", '--b\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nassistants\r\n'),
  ],
  ["a file of Orchestrate's", form("/orchestrate/v1/orchestrate/upload-to-s3", "files")],
  [
    "an attachment of a task of people",
    {
      path: () => `/bpm/api/4.0/tasks/${number}/attachments`,
      headers: { "content-type": "multipart/mixed; boundary=b" },
      before:
        '--b\r\nContent-Type: application/json\r\n\r\n{"attachmentName":"a.txt","mimeType":"text/plain"}\r\n--b\r\nContent-Type: text/plain\r\n\r\n',
      after: "\r\n--b--\r\n",
    },
  ],
];

/** Bodies that are read as a whole, and how many bytes they say that they have. */
const WHOLE: [string, Door, number][] = [
  ["JSON", { path: () => "/v1/tasks", before: '{"kind":"', after: "" }, 2_000],
  ["JSON of which nothing is cut out, as it is short", shannon, 2_000],
  ["JSON of any type", { path: () => "/shannon/api/v1/tasks/x/pause", before: '{"reason":"', after: "" }, 2_000],
  [
    "text",
    {
      path: () => `/bpm/api/4.0/tasks/${number}/payload`,
      headers: { "content-type": "text/plain" },
      before: "a",
      after: "",
    },
    2_000,
  ],
];

/** A body that has come up to its file, and what its caller hears. */
function sending({ path, headers, before }: Door, length?: number): { sent: ClientRequest; heard: Promise<string> } {
  begun.mockClear();
  const heard = Promise.withResolvers<string>();
  const sent = request(new URL(path(), server.url), {
    ...{ method: "POST", agent: new Agent({ keepAlive: false }) },
    headers: {
      "content-type": "application/json",
      ...headers,
      ...(length !== undefined && { "content-length": length }),
    },
  });
  sent.on("error", heard.reject);
  sent.on("response", async (answer) => {
    const chunks: Buffer[] = [];
    for await (const chunk of answer) chunks.push(chunk);
    heard.resolve(`${answer.statusCode} ${Buffer.concat(chunks).toString()}`);
  });
  sent.write(before);
  return { sent, heard: heard.promise };
}

/** So many bytes of it each second, as the server sees the time, from where that has begun to read it. */
async function coming(sent: ClientRequest, bytesPerS: number, seconds: number): Promise<void> {
  await expect.poll(() => begun.mock.calls.length).toBeGreaterThan(0);
  for (let second = 0; second < seconds; second++) {
    await new Promise((resolve) => sent.write("A".repeat(bytesPerS), resolve));
    for (let turn = 0; turn < 10; turn++) await setImmediate();
    vi.advanceTimersByTime(1_000);
  }
}

test.each(FILES)("%s may take longer than a body that stands still, as long as its bytes come", async (_what, door) => {
  const { sent, heard } = sending(door);
  await coming(sent, 100_000, LONGER_THAN_ANY_GRACE_S);
  sent.end(door.after);
  const answer = await heard;
  expect(answer).toMatch(/^20[012] /);
  // Over JSON-RPC what is refused is a 200 too.
  expect(answer).not.toContain('"error":{');
});

test.each([...FILES, ...WHOLE])("%s is refused where it crawls", async (_what, door, length?: number) => {
  const { sent, heard } = sending(door, length);
  await coming(sent, 10, LONGER_THAN_ANY_GRACE_S);
  expect(await heard).toContain("The body came slower than 500 bytes a second.");
  sent.destroy();
});
