import { expect, it } from "vitest";
import { taskIdFromUuid } from "./id.ts";
import { spanIdOf, traceHeaders, traceOf, traceOfChild } from "./trace.ts";

const ID = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT = "00f067aa0ba902b7";
const task = taskIdFromUuid("019a0000-0000-7000-8123-456789abcdef");

it.each([
  ["of version 0", `00-${ID}-${PARENT}-01`, { id: ID, parent: PARENT, sampled: true }],
  ["that is not sampled", `00-${ID}-${PARENT}-00`, { sampled: false }],
  ["with flags that nobody knows yet", `00-${ID}-${PARENT}-ff`, { sampled: true }],
  ["of a later version, with more behind", `cc-${ID}-${PARENT}-01-what`, { id: ID }],
])("takes a traceparent %s", (_, header, expected) => {
  expect(traceOf(header)).toMatchObject(expected);
});

it.each([
  ["the forbidden version", `ff-${ID}-${PARENT}-01`],
  ["version 0 with more behind", `00-${ID}-${PARENT}-01-more`],
  ["a trace of zeros", `00-${"0".repeat(32)}-${PARENT}-01`],
  ["a parent of zeros", `00-${ID}-${"0".repeat(16)}-01`],
  ["capitals", `00-${ID.toUpperCase()}-${PARENT}-01`],
  ["half of it", `00-${ID}`],
  ["nothing", ""],
])("takes %s for no trace", (_, header) => {
  expect(traceOf(header)).toBeNull();
});

it("keeps what vendors pass on, unless it is longer than they may", () => {
  const header = `00-${ID}-${PARENT}-01`;
  expect(traceOf(header, "rojo=1")?.state).toBe("rojo=1");
  for (const state of ["", "x".repeat(513)]) expect(traceOf(header, state)).not.toHaveProperty("state");
});

it("passes a caller's trace on as it came where the task is no span, and else with the task's own", () => {
  const trace = traceOf(`00-${ID}-${PARENT}-01`, "rojo=1");
  expect(traceHeaders({ id: task, trace })).toEqual({ traceparent: `00-${ID}-${PARENT}-01`, tracestate: "rojo=1" });
  const own = trace && { ...trace, own: true };
  expect(spanIdOf(task)).toBe("8123456789abcdef");
  expect(traceHeaders({ id: task, trace: own })["traceparent"]).toBe(`00-${ID}-8123456789abcdef-01`);
  expect(traceHeaders({ id: task, trace: own }, "1".repeat(16))["traceparent"]).toBe(`00-${ID}-${"1".repeat(16)}-01`);
  expect(traceOfChild({ id: task, trace: own })).toMatchObject({ id: ID, parent: "8123456789abcdef" });
  expect(traceOfChild({ id: task, trace })).toMatchObject({ id: ID, parent: PARENT });
  expect([traceHeaders({ id: task, trace: null }), traceOfChild({ id: task, trace: null })]).toEqual([{}, null]);
});
