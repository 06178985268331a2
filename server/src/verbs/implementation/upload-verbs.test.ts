import { PassThrough, Readable } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import { code } from "../../store/suite/life.suite.ts";
import type { Principal } from "../../task/principal.ts";
import { ada, bob, Stage } from "../suite/stage.ts";

/** As many as a server usually lets them. */
const UPLOADS_MAX = 64;
const UPLOADS_OF_USER_MAX = 16;

let stage: Stage;
beforeEach(async () => {
  stage = await Stage.open();
});
afterEach(() => stage.close());

const receive = (who: Principal, text: string, bytesMax = 100) =>
  stage.verbs.uploads.receive(who, Readable.from([Buffer.from(text)]), { bytesMax });

test("an upload is there until it is released, and gone then when nothing names it", async () => {
  const upload = await receive(ada, "mine");
  expect(upload.bytes).toBe(4);
  expect((await stage.store.files.open(upload.sha256)).size).toBe(4);
  await upload.release();
  expect(await code(stage.store.files.open(upload.sha256))).toBe("not_found");
});

test("a user has so many uploads under way and no more, and so have all", async () => {
  const begin = (who: Principal) => {
    const bytes = new PassThrough();
    const uploading = stage.verbs.uploads.receive(who, bytes, { bytesMax: 100 });
    return { bytes, uploading };
  };
  const mine = Array.from({ length: UPLOADS_OF_USER_MAX }, () => begin(ada));
  expect(await code(receive(ada, "more"))).toBe("rate_limited");
  await receive(bob, "his");
  mine[0]?.bytes.end("whole");
  mine[1]?.bytes.destroy();
  expect((await mine[0]?.uploading)?.bytes).toBe(5);
  expect(await code(mine[1]?.uploading ?? Promise.resolve())).toBe("invalid");
  mine.push(begin(ada), begin(ada));
  expect(await code(receive(ada, "more"))).toBe("rate_limited");

  const others = Array.from({ length: UPLOADS_MAX - UPLOADS_OF_USER_MAX }, (_, n) => begin({ ...bob, user: `u${n}` }));
  expect(await code(receive(bob, "one more"))).toBe("unavailable");
  for (const { bytes } of [...mine, ...others]) bytes.end();
  await Promise.allSettled([...mine, ...others].map(({ uploading }) => uploading));
  expect((await receive(ada, "again")).bytes).toBe(5);
});

test("a key without the scope for tasks uploads nothing", async () => {
  expect(await code(receive({ ...ada, scopes: new Set(["work"]) }, "x"))).toBe("forbidden");
});
