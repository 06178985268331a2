/**
 * A program with an engine in its own process, whose handlers throw where nothing awaits it. It prints how their tasks end,
 * and then throws an error of its own. With `listens` it hears its own errors itself.
 */
import { openEngine } from "../src/index.ts";
import { HOSTILE } from "./hostile-values.ts";
import config from "./stray.config.ts";

const OWN = "the program's own";
const [data = "", listens] = process.argv.slice(2);
if (listens) {
  process.on("uncaughtException", (error) => {
    if (error.message === OWN) process.exit(7);
  });
}
const engine = await openEngine({ data, handlers: config.handlers ?? [] });
const ways = ["rejection", "late rejection", "timer", "immediate", "tick", "emitter"];
const tasks = [
  ...ways.flatMap((way) => ["in-run", "in-step"].map((kind) => ({ kind, input: { way } }))),
  ...Object.keys(HOSTILE).map((value) => ({ kind: "hostile", input: { value } })),
  { kind: "careful", input: {} },
];
const submitted = await Promise.all(tasks.map((task) => engine.submit(task)));
const settled = await Promise.all(submitted.map(({ id }) => engine.settled(id)));
process.stdout.write(`${settled.map(({ state }) => state).join(" ")}\n`);
await engine.close();
void Promise.reject(new Error(OWN));
