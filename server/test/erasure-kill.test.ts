/** An erasure that a kill falls into, in a database that is too large to be written anew beside a running server. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { runWaybill } from "./command.ts";
import { KillableServer } from "./killable-server.ts";

const TASKS = 300;
/** Short enough to lie in the database, which comes to more than 8 MB. */
const FILLING = "filling ".repeat(4_000);

async function found(folder: string, words: readonly string[]): Promise<string[]> {
  const there = new Set<string>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const bytes = await readFile(join(entry.parentPath, entry.name));
    for (const word of words) if (bytes.includes(word)) there.add(word);
  }
  return words.filter((word) => there.has(word));
}

it("goes on after kills, and what a large database still holds goes with doctor --compact, as the report says", async () => {
  const server = await KillableServer.start("json", () => "{}");
  const data = join(server.folder, "data");
  try {
    const submitted = (word: string, alias: string) =>
      server.client.submit({
        kind: "external",
        input: { queue: "never", payload: `${word} ${FILLING}` },
        conversation: { alias },
      });
    const [first] = await Promise.all(Array.from({ length: TASKS }, () => submitted("qzsecret", "erased")));
    const kept = await submitted("qzkept", "kept");
    const { conversation_id: conversation } = (await first?.get()) ?? {};
    if (!conversation) throw new Error("no conversation");
    expect(await found(data, ["qzsecret"])).toHaveLength(1);
    const { id } = await server.client.erasures.begin({ conversation });
    for (let kills = 0; kills < 2; kills++) {
      await server.end("SIGKILL");
      await server.startAgain();
    }
    const report = () => server.client.erasures.get(id);
    await expect.poll(async () => (await report()).state, { timeout: 60_000, interval: 100 }).toBe("completed");
    expect((await report()).removed).toMatchObject({ tasks: TASKS });
    expect((await report()).kept.join(" ")).toContain("doctor --compact");
    expect((await server.client.task(kept.id).get()).id).toBe(kept.id);
    await server.end("SIGTERM");
    const { code, out, talk } = await runWaybill(["doctor", "--compact", "--data", data], { NO_COLOR: "1" });
    expect(code, out + talk).toBe(0);
    expect(await found(data, ["qzsecret", "qzkept"])).toEqual(["qzkept"]);
  } finally {
    await server.stop();
  }
});
