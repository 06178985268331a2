import { inspect } from "node:util";
import { secretsOf, withoutSecrets } from "./task/text/redaction.ts";

/**
 * Hears that this process is about to end by its own code, in the moment before it does: an exit, an abort or a deadly
 * signal that some code calls for, an error that nobody caught. What cannot be heard leaves no word: a kill from
 * outside, a fault of memory. An error that nobody caught ends the process, since nobody knows what is left undone, unless
 * `survives` says that it costs nobody else anything.
 */
export function watchOwnEnd(tell: (said: string) => void, survives: (error: unknown) => boolean): void {
  onUncaught(survives, (error) => {
    tell(`An error that nobody caught: ${inspectable(error).split("\n", 1)[0]}`);
    dieOf(error);
  });
  process.on("exit", (code) => tell(`It exited with code ${code}.`));
  const { abort, kill } = process;
  process.abort = () => {
    tell("It called process.abort.");
    return abort.call(process);
  };
  process.kill = (pid, signal) => {
    if (pid === process.pid && signal !== 0) tell(`It sent itself ${signal ?? "SIGTERM"}.`);
    return kill.call(process, pid, signal);
  };
}

let isSurvived = false;

/**
 * Hears in a process that is somebody else's what survives, for as long as it lives: what handlers have set off may outlive
 * their engine. Everything else goes to listeners of its own, and ends the process where there are none, as it does without us.
 */
export function surviveStrays(survives: (error: unknown) => boolean): void {
  if (isSurvived) return;
  isSurvived = true;
  onUncaught(survives, (error, event) => {
    if (process.listenerCount(event) > 1) return;
    // What nobody hears as a rejection is an exception.
    if (event === "uncaughtException" || process.listenerCount("uncaughtException") === 1) dieOf(error);
    // Not in the types.
    Reflect.apply(process.emit, process, ["uncaughtException", error, event]);
  });
}

type Uncaught = "uncaughtException" | "unhandledRejection";

function onUncaught(survives: (error: unknown) => boolean, otherwise: (error: unknown, event: Uncaught) => void): void {
  for (const event of ["uncaughtException", "unhandledRejection"] as const) {
    const uncaught = (error: unknown) => {
      if (survives(error)) drainTicks();
      else otherwise(error, event);
    };
    process.on(event, uncaught);
  }
}

/** Says what it is, and ends the process. */
export function dieOf(error: unknown): never {
  process.stderr.write(`${inspectable(error)}\n`);
  process.exit(1);
}

/** Handlers throw anything, also what throws itself when it is looked at, and what has their keys in it. */
function inspectable(error: unknown): string {
  try {
    return withoutSecrets(inspect(error), secretsOf(process.env));
  } catch {
    return "something that cannot be read";
  }
}

/**
 * Runs at once what an error left in the queue of `process.nextTick`. Node.js runs it in the next callback from outside,
 * which may be the one that hands over a part of an HTTP body: an error thrown there breaks the parser of that connection,
 * and the body is never read to its end.
 */
function drainTicks(): void {
  try {
    // Not in the types: the function that every callback from outside ends with.
    const run: unknown = Reflect.get(process, "_tickCallback");
    if (typeof run === "function") Reflect.apply(run, process, []);
  } catch (error) {
    // Node.js has not seen it: whoever hears errors hears it from here. Not in the types.
    Reflect.apply(process.emit, process, ["uncaughtException", error, "uncaughtException"]);
  }
}

/** Lets Node.js write a report there when it runs out of memory: the one thing of such an end that can be found later. */
export function reportFatalErrors(folder: string, name: string): void {
  const { report } = process;
  report.directory = folder;
  report.filename = name;
  report.compact = true;
  // Not in the types; without it, names of hosts are looked up in the moment of death.
  Reflect.set(report, "excludeNetwork", true);
  // It would hold every secret of the environment.
  report.excludeEnv = true;
  report.reportOnFatalError = true;
}
