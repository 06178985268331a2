/** What one caller may make a task hold. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { METADATA_BYTES_MAX, METADATA_KEYS_MAX } from "../../task/submission.ts";
import { ada, Stage } from "../suite/stage.ts";
import { INBOX_BYTES_MAX, INBOX_ITEMS_MAX } from "./input-checks.ts";

let stage: Stage;
beforeEach(async () => {
  stage = await Stage.open();
});
afterEach(() => stage.close());

describe("an inbox", () => {
  it("takes so many inputs that nobody asked for, and no more until they are taken", async () => {
    const id = await stage.submit("hold");
    const send = (value: string, messageId?: string) =>
      stage.verbs.tasks.input(ada, id, { value, ...(messageId !== undefined && { messageId }) });
    await send("first", "m");
    for (let sent = 1; sent < INBOX_ITEMS_MAX; sent++) await send("x");
    await expect(send("x")).rejects.toMatchObject({ code: "rate_limited", detail: { retryAfterS: 60 } });
    expect(await stage.store.inbox(id)).toHaveLength(INBOX_ITEMS_MAX);
  });

  it("takes so many bytes, values that lie in files included", async () => {
    const id = await stage.submit("hold");
    const megabyte = "x".repeat(1 << 20);
    const send = (value: string) => stage.verbs.tasks.input(ada, id, { value });
    for (let bytes = 0; bytes + 2 * megabyte.length <= INBOX_BYTES_MAX; bytes += megabyte.length) await send(megabyte);
    await send("small");
    await expect(send(megabyte)).rejects.toMatchObject({ code: "rate_limited" });
    expect(await stage.store.inboxSize(id)).toMatchObject({ items: 8 });
  });
});

describe("metadata", () => {
  const keys = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, n]));

  it("has a bound of its keys and of its bytes, whichever lens it comes by", async () => {
    await stage.submit("echo", { metadata: keys(METADATA_KEYS_MAX) });
    const tooLarge = { text: "é".repeat(METADATA_BYTES_MAX / 2) };
    for (const metadata of [keys(METADATA_KEYS_MAX + 1), tooLarge])
      for (const lens of ["native", "shannon"])
        await expect(stage.verbs.tasks.submit(ada, lens, { kind: "echo", input: {}, metadata })).rejects.toMatchObject({
          code: "invalid",
          detail: { field: "metadata" },
        });
  });
});
