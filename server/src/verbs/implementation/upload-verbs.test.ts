import { Readable } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import { code } from "../../store/suite/life.suite.ts";
import type { Principal } from "../../task/principal.ts";
import { ada, bob, Stage } from "../suite/stage.ts";
import { UPLOADS_MAX, UPLOADS_OF_USER_MAX } from "./upload-verbs.ts";

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

test("a user has so many uploads under way and no more, released and broken ones left out, and so have all", async () => {
  expect(await code(receive(ada, "too long", 3))).toBe("too_large");
  const mine = await Promise.all(Array.from({ length: UPLOADS_OF_USER_MAX }, (_, n) => receive(ada, `${n}`)));
  expect(await code(receive(ada, "more"))).toBe("rate_limited");
  await (await receive(bob, "his")).release();
  await mine[0]?.release();
  await mine[0]?.release();
  mine.push(await receive(ada, "again"));
  expect(await code(receive(ada, "more"))).toBe("rate_limited");

  const users = Array.from({ length: UPLOADS_MAX - UPLOADS_OF_USER_MAX }, (_, n) => ({ ...bob, user: `u${n}` }));
  await Promise.all(users.map((user) => receive(user, user.user)));
  expect(await code(receive(bob, "one more"))).toBe("unavailable");
});

test("a key without the scope for tasks uploads nothing", async () => {
  expect(await code(receive({ ...ada, scopes: new Set(["work"]) }, "x"))).toBe("forbidden");
});
