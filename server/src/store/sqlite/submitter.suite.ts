/** Submits tasks to a folder from several callers until it is killed; prints the id of each that was acknowledged. */
import { submitted } from "../../task/decide.ts";
import { newTask } from "../suite/new-task.suite.ts";
import { openSqliteStore } from "./store.ts";

const CALLERS = 16;
const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("Which folder?");
const store = await openSqliteStore(folder);

async function submitForEver(caller: number): Promise<never> {
  for (let n = 0; ; n++) {
    const task = newTask({ createdAt: Date.now() });
    // Every tenth is large, so that files take part.
    const padding = (n + caller) % 10 === 0 ? "x".repeat(70_000) : "";
    await store.apply([submitted({ ...task, input: { id: task.id, padding } })]);
    process.stdout.write(`${task.id}\n`);
  }
}

await Promise.all(Array.from({ length: CALLERS }, (_, caller) => submitForEver(caller)));
