/** Text that is none: refused at every door, in the words of its API, and nothing of it is kept. */
import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { startTestServer, type TestServer } from "./server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

/** A character for each byte. */
const bytes = (text: string) => Buffer.from(text, "latin1");

function ask(
  method: string,
  path: string,
  { headers = {}, body = "" }: { headers?: Record<string, string>; body?: string } = {},
): Promise<{ status: number; json: unknown }> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, method, path, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, json: text === "" ? null : JSON.parse(text) });
      });
    });
    sent.on("error", reject).end(bytes(body));
  });
}

const rpc = (text: string) =>
  `{"jsonrpc":"2.0","id":1,"method":"SendMessage","params":{"message":{"messageId":"m","role":"ROLE_USER","parts":[{"text":"${text}"}]}}}`;

/** A door of each API for a text in a body, a list of it for a text in a URL, and the shape of its refusals. */
const DOORS = {
  native: {
    post: "/v1/tasks",
    body: (text: string) => `{"kind":"agent","input":{"query":"${text}"}}`,
    list: "/v1/tasks?q=",
    item: "/v1/agents/",
    refusal: z.object({ code: z.literal("invalid"), status: z.literal(400), request_id: z.string() }),
  },
  shannon: {
    post: "/shannon/api/v1/tasks",
    body: (text: string) => `{"query":"${text}"}`,
    list: "/shannon/api/v1/tasks?session_id=",
    item: "/shannon/api/v1/tasks/",
    refusal: z.strictObject({ error: z.string() }),
  },
  documents: {
    post: "/documents/v1/vector_stores",
    body: (text: string) => `{"name":"${text}"}`,
    list: "/documents/v1/files?after=",
    item: "/documents/v1/files/",
    refusal: z.object({ error: z.object({ message: z.string() }) }),
  },
  orchestrate: {
    post: "/orchestrate/v1/orchestrate/runs",
    body: (text: string) => `{"message":{"role":"user","content":"${text}"}}`,
    list: "/orchestrate/v1/orchestrate/agents?names=",
    item: "/orchestrate/v1/orchestrate/runs/",
    refusal: z.object({ detail: z.union([z.string(), z.array(z.object({ msg: z.string() }))]) }),
  },
  a2a: {
    post: "/a2a",
    body: rpc,
    list: "/a2a/tasks?contextId=",
    item: "/a2a/tasks/",
    refusal: z.union([
      z.object({ jsonrpc: z.literal("2.0"), error: z.object({ code: z.int().max(-32_000) }) }),
      z.object({ error: z.object({ code: z.literal(400), status: z.literal("INVALID_ARGUMENT") }) }),
    ]),
  },
  bpm: {
    post: "/bpm/api/4.0/tasks",
    body: (text: string) => `{"title":"${text}"}`,
    list: "/bpm/api/4.0/tasks?keyword=",
    item: "/bpm/api/4.0/tasks/",
    refusal: z.object({ "o:errorCode": z.string(), status: z.literal(400), detail: z.string() }),
  },
} as const;

const IN_BODIES = {
  "a byte of no character": "a\xff",
  "an overlong encoding": "a\xc0\x80",
  "half a pair, encoded": "\xed\xa0\x80",
  "more than Unicode has": "\xf4\x90\x80\x80",
  "a character that is cut": "a\xe2\x82",
  "the first half of a pair, escaped": "\\ud83d",
  "the second half of a pair, escaped": "\\uDE00",
  "a pair the wrong way round": "\\ude00\\ud83d",
  "two first halves": "\\ud83d\\ud83d\\ude00",
  "NUL, escaped": "a\\u0000b",
  "an escaped backslash before half a pair": "\\\\\\ud83d",
};
const IN_URLS = {
  "a byte of no character": "a%FF",
  "an overlong encoding": "%C0%80",
  "half a pair": "%ED%A0%80",
  NUL: "a%00b",
  "no encoding": "a%zz",
};

const JSON_TYPE = { "content-type": "application/json" };

describe.each(Object.entries(DOORS))("%s", (_, { post, body, list, item, refusal }) => {
  test.each(Object.entries(IN_BODIES))("refuses %s in a body", async (_, text) => {
    const { status, json } = await ask("POST", post, { headers: JSON_TYPE, body: body(text) });
    expect(status).toBe(post === "/a2a" ? 200 : 400);
    expect(refusal.safeParse(json).error, JSON.stringify(json)).toBeUndefined();
  });

  test.each(Object.entries(IN_URLS))("finds nothing by %s in a path, and does nothing by it", async (_, text) => {
    const [found, nobodys] = [await ask("GET", item + text), await ask("GET", `${item}%F0%9F%98%80`)];
    expect([found.status, Object.keys(Object(found.json))]).toEqual([
      nobodys.status,
      Object.keys(Object(nobodys.json)),
    ]);
    const { status, json } = await ask("DELETE", item + text);
    expect(status).toBe(400);
    expect(refusal.safeParse(json).error, JSON.stringify(json)).toBeUndefined();
  });

  test.each(Object.entries(IN_URLS))("refuses %s in a query", async (_, text) => {
    for (const path of [list + text, `${item}x?${text}=1`]) {
      const { status, json } = await ask("GET", path);
      expect([path, status]).toEqual([path, 400]);
      expect(refusal.safeParse(json).error, JSON.stringify(json)).toBeUndefined();
    }
  });

  test("refuses bytes of no character in any header", async () => {
    for (const name of ["idempotency-key", "last-event-id", "x-user-id", "x-api-key", "user-agent"]) {
      const { status, json } = await ask("GET", `${item}x`, { headers: { [name]: "a\xff" } });
      expect([name, status]).toEqual([name, 400]);
      expect(refusal.safeParse(json).error, JSON.stringify(json)).toBeUndefined();
    }
  });
});

test("text that only looks so is text", async () => {
  const query = "\\\\ud83d \\ud83d\\ude00 \xe2\x98\x82 \\\\u0000 \\n";
  const { status, json } = await ask("POST", "/v1/tasks", { headers: JSON_TYPE, body: DOORS.native.body(query) });
  expect([status, json]).toMatchObject([202, { input: { query: "\\ud83d 😀 ☂ \\u0000 \n" } }]);
  expect((await ask("GET", "/v1/tasks?q=%F0%9F%98%80%25zz", { headers: { "user-agent": "Zo\xc3\xab" } })).status).toBe(
    200,
  );
});

const form = (disposition: string, text: string, more = "") =>
  `--cut\r\ncontent-disposition: form-data; ${disposition}\r\n${more}\r\n${text}\r\n` +
  '--cut\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nassistants\r\n--cut--\r\n';

test("a URL with a byte that is not encoded is no HTTP", async () => {
  expect((await ask("GET", "/v1/tasks?q=a\xe9")).status).toBe(400);
});

describe("a form", () => {
  const upload = (body: string, at = "/v1/files") =>
    ask("POST", at, { headers: { "content-type": "multipart/form-data; boundary=cut" }, body });

  test.each([
    ["a byte of no character in a field", form('name="note"', "a\xff")],
    ["NUL in a field", form('name="note"', "a\0b")],
    ["a byte of no character in the name of a field", form('name="no\xffte"', "a")],
    ["a byte of no character in the name of a file", form('name="file"; filename="a\xff.txt"', "text")],
    ["NUL in the name of a file", form('name="file"; filename="a\0.txt"', "text")],
    ["NUL in the encoded name of a file", form("name=\"file\"; filename*=UTF-8''a%00.txt", "text")],
  ])("is refused with %s", async (_, body) => {
    for (const at of ["/v1/files", "/documents/v1/files"]) {
      expect([at, (await upload(body, at)).status]).toEqual([at, 400]);
    }
    const { json } = await ask("GET", "/v1/files");
    expect(json).toMatchObject({ data: [] });
  });

  test("may have a file whose name holds the mark that stands for what is no text, and bytes that are none", async () => {
    const { status, json } = await upload(form('name="file"; filename="a\xef\xbf\xbd.txt"', "\xff\0"), "/v1/files");
    expect([status, json]).toMatchObject([202, { filename: "a\ufffd.txt" }]);
  });
});
