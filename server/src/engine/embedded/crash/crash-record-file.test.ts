import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { CrashRecordFile, type CrashRecordFiles, crashRecordFiles } from "./crash-record-file.ts";
import { SLOT_BYTES } from "./slot-file.ts";

let folder = "";
let files: CrashRecordFiles;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "waybill-record-"));
  files = crashRecordFiles(folder);
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true, force: true });
});

function next(): CrashRecordFile {
  const record = new CrashRecordFile(files);
  record.last();
  record.begin();
  return record;
}

/** What a start finds after the process of this record is gone. */
const found = () => new CrashRecordFile(files).last();

describe("the crash record", () => {
  test("knows of no death at a first start", () => {
    expect(found()).toMatchObject({ how: "clean", flights: [] });
  });

  test("says who was in flight, and in which steps, when the process left no word", async () => {
    vi.useFakeTimers();
    const record = next();
    record.runBegins("t1", 1);
    record.runBegins("t2", 3);
    record.runBegins("t3", 1);
    record.stepBegins("t1", "fetch");
    record.stepBegins("t1", "fetch");
    await record.stepBegins("t2", "pay");
    record.stepEnded("t1", "fetch");
    record.stepEnded("t2", "pay");
    record.runEnded("t3");
    vi.advanceTimersByTime(1_000);
    const { how, flights } = found();
    expect(how).toBe("unknown");
    expect(flights).toEqual([
      { task: "t1", attempt: 1, steps: ["fetch"] },
      { task: "t2", attempt: 3, steps: [] },
    ]);
  });

  test("keeps the first word of an end, and a good end over all", () => {
    const record = next();
    record.ends("own", "It exited with code 3.", { task: "t1", step: "work" });
    record.ends("own", "Later.", null);
    expect(found()).toMatchObject({
      how: "own",
      said: "It exited with code 3.",
      culprit: { task: "t1", step: "work" },
    });
    record.ends("clean", "Good.");
    expect(found()).toMatchObject({ how: "clean" });
  });

  test("stays what it was until the next process begins its own", async () => {
    await next().runBegins("t1", 1);
    const second = new CrashRecordFile(files);
    expect(second.last().flights).toHaveLength(1);
    expect(found().flights).toHaveLength(1);
    second.begin();
    expect(found().flights).toEqual([]);
    expect(second.last().flights).toHaveLength(1);
  });

  test("takes another start of the machine for the cause of an end without a word", async () => {
    await next().runBegins("t1", 1);
    const text = readFileSync(files.record, "utf8");
    const boot = /"boot":"([^"]+)"/.exec(text)?.[1] ?? "";
    writeFileSync(files.record, text.replace(boot, "x".repeat(boot.length)));
    expect(found().how).toBe("power");
  });

  test("takes the report of Node.js for an end by the process's own code, once", async () => {
    await next().runBegins("t1", 1);
    writeFileSync(files.report, "{}");
    expect(found()).toMatchObject({ how: "own", flights: [{ task: "t1" }] });
    next();
    expect(found().how).toBe("unknown");
  });

  test("counts the deaths in a row", () => {
    next();
    next();
    expect(found().deaths).toBe(2);
    next().ends("clean", "");
    expect(found().deaths).toBe(0);
  });

  test("holds long and strange names of steps in slots of one size, and uses a slot again", async () => {
    const record = next();
    for (let n = 0; n < 10; n++) {
      record.runBegins(`t${n}`, 1);
      for (let step = 0; step < 9; step++) await record.stepBegins(`t${n}`, `${'\u0000é\n"'.repeat(300)}${step}`);
      if (n < 9) record.runEnded(`t${n}`);
    }
    expect(statSync(files.record).size).toBe(2 * SLOT_BYTES);
    expect(found().flights).toMatchObject([{ task: "t9", steps: [expect.any(String), expect.any(String)] }]);
    const strange = "\u0000é".repeat(200);
    record.ends("own", strange, { task: "t9", step: strange });
    expect(found()).toMatchObject({ how: "own", culprit: { task: "t9" }, flights: [{ task: "t9" }] });
  });

  test("finds each of many that are in flight at once, and none of those that have ended", async () => {
    vi.useFakeTimers();
    const record = next();
    const all = Array.from({ length: 150 }, (_, n) => `t${n}`);
    await Promise.all(all.map((task) => record.runBegins(task, 1)));
    for (const task of all) if (Number(task.slice(1)) % 30 !== 7) record.runEnded(task);
    vi.advanceTimersByTime(1_000);
    expect(found().flights.map(({ task }) => task)).toEqual(["t7", "t37", "t67", "t97", "t127"]);
  });

  test.each(["", "{}\n", "no record at all", '{"boot":1}\n{"task":"t1"'])(
    "reads what is no record as none: %j",
    (text) => {
      writeFileSync(files.record, text);
      expect(found()).toMatchObject({ how: "clean", flights: [] });
    },
  );
});
