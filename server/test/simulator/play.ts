/**
 * Plays simulated worlds, as many as fit into the time, on every core. The first seed comes from the day, so that each
 * day plays worlds that nobody has seen. The first world that breaks a promise ends it, with the command that plays it again.
 *
 *   node server/test/simulator/play.ts [--minutes 3 | --worlds 500 | --seed 7] [--from SEED]
 */
import { fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { z } from "zod";
import { playWorld } from "./play-world.ts";

const DAY_MS = 86_400_000;
/** More than a day can play. */
const SEEDS_PER_DAY = 100_000;

const { values: flags } = parseArgs({
  options: {
    minutes: { type: "string" },
    worlds: { type: "string" },
    seed: { type: "string" },
    from: { type: "string" },
    /** Of several processes, which one this is: it plays every `of`-th seed. */
    share: { type: "string" },
    of: { type: "string" },
  },
});

const first = Number(flags.seed ?? flags.from ?? Math.floor(Date.now() / DAY_MS) * SEEDS_PER_DAY);
const worlds = flags.seed ? 1 : Number(flags.worlds ?? SEEDS_PER_DAY);
const until = flags.minutes === undefined ? Number.POSITIVE_INFINITY : Date.now() + Number(flags.minutes) * 60_000;

const sums = z.object({ worlds: z.number(), lives: z.number(), crashes: z.number(), steps: z.number() });

if (flags.share === undefined) say(`Plays from seed ${first} on.`);
process.exitCode = flags.share === undefined && worlds > 1 ? await onEveryCore() : await here();

/** Returns the exit code. */
async function here(): Promise<number> {
  const total = { worlds: 0, lives: 0, crashes: 0, steps: 0 };
  const step = Number(flags.of ?? 1);
  for (let at = Number(flags.share ?? 0); at < worlds && Date.now() < until; at += step) {
    const seed = first + at;
    const { failures, ...played } = await playWorld(seed);
    if (failures.length > 0) {
      say(`Play it again: node server/test/simulator/play.ts --seed ${seed}\n${failures.slice(0, 20).join("\n")}`);
      return 1;
    }
    total.worlds += 1;
    total.lives += played.lives;
    total.crashes += played.crashes;
    total.steps += played.steps;
  }
  if (process.send) process.send(total);
  else say(inWords(total));
  return 0;
}

async function onEveryCore(): Promise<number> {
  const count = Math.min(availableParallelism(), worlds);
  const total = { worlds: 0, lives: 0, crashes: 0, steps: 0 };
  const players = Array.from({ length: count }, (_, share) =>
    fork(fileURLToPath(import.meta.url), [
      ...process.argv.slice(2),
      ...["--from", String(first), "--share", String(share), "--of", String(count)],
    ]),
  );
  const codes = await Promise.all(
    players.map(
      (player) =>
        new Promise<number>((resolve) => {
          player.on("message", (message) => {
            const played = sums.parse(message);
            total.worlds += played.worlds;
            total.lives += played.lives;
            total.crashes += played.crashes;
            total.steps += played.steps;
          });
          player.on("exit", (code) => {
            if (code !== 0) for (const other of players) if (other !== player) other.kill();
            resolve(code ?? 0);
          });
        }),
    ),
  );
  if (codes.some((code) => code !== 0)) return 1;
  say(inWords(total));
  return 0;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function inWords({ worlds, lives, crashes, steps }: z.infer<typeof sums>): string {
  return `${worlds} worlds, ${lives} task lives, ${crashes} ends of processes, ${steps} step bodies`;
}
