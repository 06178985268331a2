/** What is kept of logs between the pushes of their events. */
import { expect, test, vi } from "vitest";
import { subscriptionOf } from "../../src/delivery/suite/stage.ts";
import { pushFormats } from "../../src/lenses/a2a/push/format.ts";
import type { TaskEvent } from "../../src/task/events/event.ts";
import { ada, Stage } from "../../src/verbs/suite/stage.ts";

const LONG = "x".repeat(25 << 20);

test("logs that have said much are read again, where those that are kept would be too much", async () => {
  const stage = await Stage.open();
  const { tasks } = stage.verbs;
  const read: number[] = [];
  const said = (task: string): TaskEvent[] =>
    [LONG, "and more"].map((text, at) => ({
      ...{ task, seq: at + 1, at: 1, type: "output.delta" },
      data: { text, agent: "", step: "one" },
    }));
  vi.spyOn(tasks, "events").mockImplementation(async (_, id, after) => {
    read.push(after);
    return said(id).slice(after);
  });
  const [format] = pushFormats(stage.verbs);
  const told = async (id: string, seq: number) => {
    const task = await tasks.get(ada, id);
    const subscription = subscriptionOf(task, "http://x", { key: id });
    return await format?.notificationOf({
      subscription,
      task,
      event: said(id)[seq - 1] ?? null,
      seq,
      attempt: 1,
      at: 1,
    });
  };
  const ids: string[] = [];
  for (let n = 0; n < 3; n++) ids.push(await stage.submit("hold"));
  for (const id of ids) expect(await told(id, 1)).not.toBe(null);
  for (const id of [ids[2], ids[0]]) expect(await told(id ?? "", 2)).not.toBe(null);
  expect(read).toEqual([0, 0, 0, 1, 0]);
  await stage.close();
});
