/** Attachments that are large: files of the task, which no reader of it carries. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { type ShannonServer, startShannonServer } from "../shannon-server.ts";
import { KEY, type ShannonClient, shannonClient } from "./client.ts";

let server: ShannonServer;
let client: ShannonClient;
beforeAll(async () => {
  server = await startShannonServer();
  client = shannonClient(server);
});
afterAll(() => server.stop());

const PARTS = z.object({
  input: z.object({ attachments: z.array(z.object({ file: z.object({ kept: z.string(), size: z.int() }) })) }),
});

function attachment(bytes: Buffer, media_type = "text/plain") {
  return { media_type, filename: "q1.txt", data: bytes.toString("base64") };
}

function text(mb: number): Buffer {
  const filler = "Nothing of note is said in this sentence, which is here for its length. ";
  return Buffer.from(`The quarterly profit rose by 12 percent. ${filler.repeat((mb * 1_000_000) / filler.length)}`);
}

async function keptFiles(): Promise<string[]> {
  const entries = await readdir(join(server.data, "files"), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

const submit = (attachments: object[]) =>
  client.call("/api/v1/tasks", { json: { query: "Summarise the file", mode: "simple", context: { attachments } } });

describe("a large attachment", () => {
  test("is a file of its task: read by its model, and in no answer", async () => {
    const bytes = text(3);
    const done = await client.ended({
      query: "Summarise the file",
      mode: "simple",
      context: { attachments: [attachment(bytes)] },
    });
    expect(done.status).toBe("TASK_STATUS_COMPLETED");
    expect(done.result).toContain("profit");
    expect(done.context).toEqual({
      attachments: [{ media_type: "text/plain", filename: "q1.txt", size_bytes: bytes.length }],
    });
    const shown = await (await server.call(`/v1/tasks/${done.task_id}`, { key: KEY["x-api-key"] })).text();
    expect(shown.length).toBeLessThan(10_000);
    const { kept, size } = PARTS.parse(JSON.parse(shown)).input.attachments[0]?.file ?? {};
    expect(size).toBe(bytes.length);
    expect(await keptFiles()).toEqual([kept?.slice(2)]);

    const other = { kind: "agent", input: { query: "And this?", attachments: [{ file: { kept, size } }] } };
    const refused = await server.call("/v1/tasks", { key: KEY["x-api-key"], json: other });
    expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining("did not come with it")]);
  });

  test("that is refused leaves nothing behind", async () => {
    const before = await keptFiles();
    const half = Buffer.alloc(14 << 20, 1);
    const tooMuch = await submit([attachment(half), attachment(half)]);
    expect([tooMuch.status, await tooMuch.text()]).toEqual([
      400,
      expect.stringContaining("exceeds 26214400 byte limit"),
    ]);
    const rejected = await submit([attachment(text(1)), attachment(text(2), "application/x-msdownload")]);
    expect([rejected.status, await rejected.text()]).toEqual([
      400,
      expect.stringContaining("rejected attachment type"),
    ]);
    const broken = await submit([{ ...attachment(text(1)), data: `${"QUJD".repeat(100_000)}!` }]);
    expect([broken.status, await broken.text()]).toEqual([400, expect.stringContaining("at input byte 400000")]);
    const tooLong = await submit([attachment(Buffer.alloc(31 << 20))]);
    expect(tooLong.status).toBe(413);
    const noText = await client.call("/api/v1/tasks", { body: `{"query":[${"1,".repeat(10_000_000)}1]}` });
    expect(noText.status).toBe(413);
    expect(await keptFiles()).toEqual(before);
  });

  test("that is sent again under one key is one task, of one file", async () => {
    const send = () =>
      client.call("/api/v1/tasks", {
        json: { query: "Summarise it", mode: "simple", context: { attachments: [attachment(text(1))] } },
        headers: { "idempotency-key": "once" },
      });
    const [first, again] = [await send(), await send()];
    expect(await again.json()).toMatchObject({
      task_id: z.object({ task_id: z.string() }).parse(await first.json()).task_id,
    });
  });
});
