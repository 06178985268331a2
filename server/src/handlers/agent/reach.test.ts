/** What tools of an agent may reach: a refusal is a tool's error for the model, and a line for the operator. */
import { expect, it } from "vitest";
import { z } from "zod";
import { ada, agentLife, calling, saying } from "../../../test/agent-life.ts";
import { defineAgent } from "./definition.ts";
import { defineTool } from "./tool.ts";

const lives = agentLife();
const look = defineTool({
  name: "look",
  description: "Looks at a page.",
  input: z.object({ url: z.string() }),
  run: async ({ url }, { fetch }) => (await fetch(url)).text(),
  retries: 2,
});
const told = (url: string) => calling(["look", { url }]);
/** Stands for the server's own client: it says whom it was sent to. */
const outgoing = (refusal: (url: URL) => string | null) => async (input: string | URL | Request) => {
  const url = new URL(input instanceof Request ? input.url : input);
  const why = refusal(url);
  if (why !== null) throw Object.assign(new Error(why), { code: "not_reached", retryable: false });
  return new Response(`page of ${url.host}`);
};

it("holds a tool to the hosts of its agent, tells its model why, and says so in the task's log", async () => {
  const life = lives.current;
  const narrow = defineAgent({ slug: "narrow", name: "Narrow", tools: ["look"], reach: ["*.example.com"] });
  await life.start({ tools: [look], agents: [narrow], outgoing });
  life.provider.script(told("https://a.example.com/"), told("https://evil.org/x?secret=1"), saying("Done."));
  const id = await life.submit({ query: "Look" });
  await life.completed(id);
  expect(life.results(3)).toEqual([
    "page of a.example.com",
    'look failed: https://evil.org is not reached: the agent "narrow" may reach *.example.com.',
  ]);
  const lines = await life.eventsOf(id, "task.logged");
  expect(lines).toMatchObject([
    { level: "warn", message: expect.stringContaining("The tool look was held back: https://evil.org") },
  ]);
  expect(await life.eventsOf(id, "tool.observed")).toMatchObject([{ success: true }, { success: false }]);
});

it("is that of an agent which somebody has made, as it was at the submit", async () => {
  const life = lives.current;
  await life.start({ tools: [look], outgoing });
  const { id: agent } = (await life.verbs.agents.create(ada, { name: "Made", tools: ["look"], reach: [] })).agent;
  life.provider.script(told("https://a.example.com/"), saying("Done."));
  await life.completed(await life.submit({ query: "Look", agent }));
  expect(life.results(2)).toEqual([
    'look failed: https://a.example.com is not reached: the agent "made" may reach no other server.',
  ]);
});

it("is any place that the server may reach, where an agent says nothing", async () => {
  const life = lives.current;
  await life.start({ tools: [look], agents: [defineAgent({ slug: "any", name: "Any", tools: ["look"] })], outgoing });
  life.provider.script(told("https://evil.org/"), saying("Done."));
  await life.completed(await life.submit({ query: "Look" }));
  expect(life.results(2)).toEqual(["page of evil.org"]);
});
