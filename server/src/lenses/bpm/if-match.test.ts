import { expect, it } from "vitest";
import { boundTo, etagOf } from "./if-match.ts";

const read = { number: 7, revision: 3 };
const bound = (tag: string) => boundTo({ "if-match": tag }, read);

it("binds an update to the revision that its tag names", () => {
  for (const tag of [etagOf(read), `W/${etagOf(read)}`, `"1-1", W/"2-2" , ${etagOf(read)}`])
    expect([tag, bound(tag)]).toEqual([tag, { revision: 3 }]);
});

it("refuses a tag of the task as it was, and that of another one of the same revision", () => {
  for (const tag of [etagOf({ ...read, revision: 2 }), etagOf({ ...read, number: 8 }), '"3"', "3", ""])
    expect(() => bound(tag), tag).toThrow("The task has changed since it was read.");
});

it("binds an update to nothing that names no tag, or any", () => {
  expect(boundTo({}, read)).toEqual({});
  expect(bound(" * ")).toEqual({});
});
