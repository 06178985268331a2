/** Bytes that come as a stream: how long they are kept for an owner who names them in no row of a task. */
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { expect, test } from "vitest";
import type { Store } from "../store.ts";
import { code, submit } from "./life.suite.ts";
import { newTask, START } from "./new-task.suite.ts";

const LARGE = { text: "large ".repeat(20_000) };

export function fileStories(setup: () => Promise<Store>): void {
  const received = (store: Store, text: string) =>
    store.files.receive(Readable.from([Buffer.from(text)]), { bytesMax: text.length });
  const read = async (store: Store, sha256: string) =>
    (await buffer((await store.files.open(sha256)).bytes)).toString();

  test("a received file is there until its owner releases it, and then gone when no row names it", async () => {
    const store = await setup();
    const file = await received(store, "mine");
    await store.sweep(START, 10);
    expect(await read(store, file.sha256)).toBe("mine");
    await file.release();
    await file.release();
    expect(await code(store.files.open(file.sha256))).toBe("not_found");
  });

  test("a released file stays when a row names the same bytes", async () => {
    const store = await setup();
    const task = await submit(store, newTask({ input: LARGE }));
    const file = await received(store, JSON.stringify(LARGE));
    await file.release();
    expect(await store.task(task.id)).toEqual(task);
    expect(await read(store, file.sha256)).toBe(JSON.stringify(LARGE));
  });

  test("a file that came with a submit stays with its task", async () => {
    const store = await setup();
    const file = await received(store, "attached");
    await submit(store, newTask({ input: { attachments: [{ file: { kept: file.sha256, size: file.bytes } }] } }));
    await file.release();
    const again = await received(store, "attached");
    await again.release();
    expect(await read(store, file.sha256)).toBe("attached");
  });

  test("a hash that a caller has written in a value keeps no file", async () => {
    const store = await setup();
    const file = await received(store, "named by a caller alone");
    await submit(store, newTask({ input: { parts: [{ file: { sha256: file.sha256 } }] } }));
    await file.release();
    expect(await code(store.files.open(file.sha256))).toBe("not_found");
  });
}
