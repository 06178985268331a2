import { expect, test } from "vitest";
import { Damaged, DamagedEnd, LostRows, Rebuilding, Rebuilt } from "../store/damage.ts";
import { damageTo } from "./damage-lines.ts";

test("the log says what is left out as an error, and what has been made anew as a warning", () => {
  const lines: unknown[] = [];
  const line = (level: string) => (fields: unknown, words?: string) => void lines.push([level, fields, words]);
  const tell = damageTo({ warn: line("warn"), error: line("error") });
  const lost = new Damaged("task task_1", new Error("a page of it is damaged"));
  tell(lost);
  tell(new Rebuilt("index tasks_by_time"));
  const end = new DamagedEnd("end of the table tasks");
  tell(end);
  const place = new DamagedEnd(null);
  tell(place);
  const rebuilding = new Rebuilding("end of the table tasks", "a page is damaged");
  tell(rebuilding);
  const rows = new LostRows(["keys", "tasks"], "/data/before-restore-1");
  tell(rows);
  expect(lines).toEqual([
    ["error", { err: lost }, expect.stringContaining("left out")],
    ["warn", { what: "index tasks_by_time" }, expect.stringContaining("rebuilt")],
    ["error", { err: end }, expect.stringContaining("refuses whatever is to be added")],
    ["error", { err: place }, expect.stringContaining("goes on with all else")],
    ["warn", { err: rebuilding }, expect.stringContaining("rebuilds the database")],
    ["error", { err: rows }, expect.stringContaining("restore a backup")],
  ]);
});
