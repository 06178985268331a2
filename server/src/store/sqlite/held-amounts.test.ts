import { expect, test } from "vitest";
import { submitted } from "../../task/decide.ts";
import type { Task } from "../../task/task.ts";
import { prepareWrite } from "../codec/prepare.ts";
import { Spill } from "../codec/spill.ts";
import { memoryFiles } from "../memory-files.ts";
import { newTask, START } from "../suite/new-task.suite.ts";
import type { Write } from "../write.ts";
import { IN_MEMORY, openDatabase } from "./database.ts";
import { HeldAmounts } from "./held-amounts.ts";
import { migrate } from "./migrate.ts";

const OWNERS = 10_050;
const NONE = { openTasks: null, usdPerDay: null, storedBytes: null };

test("what running tasks add is judged by the bounds of their owner, however many others were judged since", () => {
  const db = openDatabase(IN_MEMORY);
  migrate(db);
  const held = new HeldAmounts(db, () => {});
  const prepared = (write: Write) => prepareWrite(write, new Spill(memoryFiles()));
  const bounded = (task: Task, storedBytes: number) =>
    prepared({
      ...submitted(task),
      share: { of: task.user, day: START, user: { ...NONE, storedBytes }, tenant: NONE },
    });
  const ada = newTask();
  const others = newTask({ user: "bob" });
  const adds = { ...prepared(submitted(ada)), journal: [] };
  expect(held.refused(ada, ada.kind, bounded(ada, 1_000), null)).toBeNull();
  held.addBytes(ada, 5_000);
  held.write();
  for (let n = 0; n < OWNERS; n++) {
    const owner = { tenant: ada.tenant, user: `user ${n}` };
    held.refused(owner, ada.kind, bounded({ ...others, ...owner }, 1_000), null);
    // Her run adds something now and then, and she submits no more.
    if (n % 4_000 === 0) held.refused(ada, ada.kind, adds, "running");
  }
  expect(held.refused(ada, ada.kind, adds, "running")).toMatchObject({ bound: "storedBytes", most: 1_000 });
  db.close();
});
