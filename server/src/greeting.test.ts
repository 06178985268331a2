/** What the person who starts a server is told of its configuration, and of what goes on after a crash. */
import { expect, test } from "vitest";
import { z } from "zod";
import { configurationOf, goingOn } from "./greeting.ts";
import { defineAgent } from "./handlers/agent/definition.ts";
import { defineTool } from "./handlers/agent/tool.ts";
import { newTask } from "./store/suite/new-task.suite.ts";
import { defineHandler } from "./task/handler.ts";

test("names what the configuration file brings, and says that there is none", () => {
  const digest = defineHandler({ kind: "digest", input: z.object({}), run: async () => null });
  const look = defineTool({ name: "look", description: "Looks.", input: z.object({}), run: () => null });
  const config = {
    file: "/srv/waybill.config.ts",
    agents: [defineAgent({ slug: "clerk", name: "Clerk" }), defineAgent({ slug: "poet", name: "Poet" })],
    handlers: [digest],
    tools: [look],
  };
  expect(configurationOf(config, ["openai", "local"])).toEqual([
    ["Config", "/srv/waybill.config.ts"],
    ["Agents", "clerk, poet"],
    ["Kinds", "digest"],
    ["Tools", "look"],
    ["Providers", "openai, local"],
  ]);
  expect(configurationOf({ ...config, file: null }, [])).toEqual([["Config", "none; waybill init writes one"]]);
});

test("says what goes on after a crash and where, and nothing of what has ended or cannot be read", async () => {
  const tasks = Array.from({ length: 8 }, () => ({ ...newTask({ kind: "digest" }), state: "running" as const }));
  const flights = tasks.map(({ id }, n) => ({ task: id, steps: n === 0 ? ["page 12"] : [] }));
  const find = async (id: string) => tasks.find((task) => task.id === id) ?? null;
  const started = { transitions: { find }, recovering: null };
  expect(await goingOn(flights, started)).toEqual([
    "8 tasks go on:",
    `  digest at "page 12"  ${tasks[0]?.id}`,
    ...tasks.slice(1, 5).map(({ id }) => `  digest  ${id}`),
    "  and 3 more",
  ]);
  expect(await goingOn([{ task: "gone", steps: [] }], started)).toEqual([]);
  expect(await goingOn([], { ...started, recovering: { read: 2_000, all: 1_050_000 } })).toEqual([
    "2,000 of about 1,050,000 open tasks are in memory; the others follow.",
  ]);
  const unreadable = () => Promise.reject(new Error("It is damaged."));
  expect(await goingOn(flights, { ...started, transitions: { find: unreadable } })).toEqual([]);
});
