/** A stream of a server that is killed in the middle of it, and what its reader finds at the next one. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { PACKAGE } from "../command.ts";
import { KillableServer } from "../killable-server.ts";
import { ask, request, written } from "./client.ts";
import { all, streamed, type Told, textOf } from "./streamed.ts";

/** Says one number after the other, each once a file beside it allows so many. */
const config = () => `
import { readFile } from "node:fs/promises";
import { setTimeout as pass } from "node:timers/promises";
import { defineAgent, defineConfig } from ${JSON.stringify(PACKAGE)};
const allowed = () => readFile(new URL("allowed", import.meta.url), "utf8").then(Number, () => 0);
export default defineConfig({
  agents: [
    defineAgent({
      slug: "counter",
      name: "Counter",
      run: async (ctx) => {
        for (let n = 1; n <= 12; n++) {
          await ctx.step("number " + n, async (step) => {
            step.artifact({ id: "numbers", parts: [{ text: n + " " }], append: true, last: n === 12 });
            while ((await allowed()) < n) await pass(5, null, { signal: step.signal });
            return null;
          });
        }
        return null;
      },
    }),
  ],
});
`;

let server: KillableServer;
beforeAll(async () => {
  server = await KillableServer.start("mjs", config);
});
afterAll(() => server.stop());

const allow = (count: number) => writeFile(join(server.folder, "allowed"), String(count));
const numbers = (count: number) => Array.from({ length: count }, (_, at) => `${at + 1} `).join("");
const idOf = ({ id }: Told) => id.split("-").map(Number);

it("is gone on with at the next server: nothing is missing, nothing comes twice, and no state goes back", async () => {
  await allow(4);
  const told: Told[] = [];
  let seen = "";
  for await (const frame of streamed(await request(server, "J1", "stream", written("J1", { text: "Count" })), "J1")) {
    told.push(frame);
    seen = textOf(told, "numbers");
    if (seen === numbers(4)) break;
  }
  const id = String(told[0]?.body["id"]);
  await server.end("SIGKILL");
  await server.startAgain();

  const headers = { "last-event-id": told.at(-1)?.id ?? "" };
  const resumed = request(server, "J1", "subscribe", { id }, { headers });
  const fresh = request(server, "R3", "subscribe", { id });
  const [goesOn, begins] = await Promise.all([resumed, fresh]);
  await allow(12);
  const [rest, anew] = await Promise.all([all(goesOn, "J1"), all(begins, "R3")]);

  const whole = [...told, ...rest];
  expect(textOf(whole, "numbers")).toBe(numbers(12));
  expect(textOf(anew, "numbers")).toBe(numbers(12));
  expect(new Set(whole.map((frame) => frame.id)).size).toBe(whole.length);
  const seqs = whole.map((frame) => idOf(frame)[0] ?? 0);
  expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
  const states = whole.flatMap(({ state }) => state ?? []);
  expect(states.filter((state, at) => state !== states[at - 1])).toEqual(["submitted", "working", "completed"]);
  expect(anew.at(-1)?.state).toBe("completed");
  const { result } = await ask(server, "J1", "get", { id });
  expect(JSON.stringify(result)).toContain("TASK_STATE_COMPLETED");
});
