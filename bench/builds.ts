/**
 * Builds of Waybill under the same load at the same moment: processor time of a request, in the main thread and in the others,
 * as a share of the first build's. Whatever else the machine does is met by all of them alike, so that differences of a few
 * per cent show in some twenty rounds where runs in turn need a machine to themselves.
 *
 *   node bench/builds.ts submit|await|get|a2a [rounds] [seconds a round] name=folder...
 */
import { loadavg } from "node:os";
import { z } from "zod";
import { conditions, median, quantile } from "./conditions.ts";
import { LOADS, orderOf, startBuild } from "./load/build.ts";
import { cpuOf } from "./load/cpu.ts";
import type { Order } from "./load/generator.ts";
import type { Rig } from "./load/rig.ts";

/** Of all builds together: as many as one server has in its own scripts. */
const CLIENTS = 64;
/** What a build takes when little disturbs it. */
const UNDISTURBED = 0.1;

const [load, rounds, seconds, ...named] = z
  .tuple([z.enum(LOADS).exclude(["agent"]), z.coerce.number(), z.coerce.number()])
  .rest(z.string().regex(/^\w+=./))
  .parse(process.argv.slice(2));

type Build = { name: string; rig: Rig; order: Order; main: number[]; others: number[]; requests: number };

async function build(spec: string): Promise<Build> {
  const [name = "", folder = ""] = spec.split("=", 2);
  const rig = await startBuild(folder, load);
  const order = await orderOf(rig, load, { connections: Math.ceil(CLIENTS / named.length), seconds });
  return { name, rig, order, main: [], others: [], requests: 0 };
}

async function round(of: Build): Promise<void> {
  const before = cpuOf(of.rig.server.pid);
  const { requests } = await of.rig.load(of.order);
  const after = cpuOf(of.rig.server.pid);
  if (!before || !after) return;
  of.main.push(((after.main - before.main) * 1_000) / requests);
  of.others.push(((after.others - before.others) * 1_000) / requests);
  of.requests += requests;
}

const builds: Build[] = [];
try {
  for (const spec of named) builds.push(await build(spec));
  await Promise.all(builds.map(({ rig, order }) => rig.warmUp(order)));
  for (let at = 0; at < rounds; at++) await Promise.all(builds.map(round));
  const [first] = builds;
  for (const { name, main, others, requests } of builds) {
    const all = main.map((us, at) => us + (others[at] ?? 0));
    const than = first && {
      main: first.main,
      others: first.others,
      all: first.main.map((us, at) => us + (first.others[at] ?? 0)),
    };
    const said = (what: "main" | "others" | "all", own: number[]) => {
      const us = quantile(own, UNDISTURBED);
      const ratio = us / quantile(than?.[what] ?? [], UNDISTURBED);
      const pairs = median(own.map((each, at) => each / (than?.[what][at] ?? Number.NaN)));
      return `${what} ${us.toFixed(1)} us, ${ratio.toFixed(3)} (median of rounds ${pairs.toFixed(3)})`;
    };
    console.log(
      `${name}: ${said("main", main)}; ${said("others", others)}; ${said("all", all)}; rate ${(requests / (first?.requests ?? 1)).toFixed(3)}`,
    );
  }
  console.log(
    `  ${load}, ${rounds} rounds of ${seconds} s, ${conditions()}, load of the machine ${loadavg()[0]?.toFixed(1)}`,
  );
} finally {
  for (const { rig } of builds) await rig.end();
}
