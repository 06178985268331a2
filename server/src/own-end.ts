import { inspect } from "node:util";

/**
 * Hears that this process is about to end by its own code, in the moment before it does: an exit, an abort or a deadly
 * signal that some code calls for, an error that nobody caught. What cannot be heard leaves no word: a kill from
 * outside, a fault of memory. An error that nobody caught ends the process, since nobody knows what is left undone, unless
 * `survives` says that it costs nobody else anything.
 */
export function watchOwnEnd(tell: (said: string) => void, survives: (error: unknown) => boolean): void {
  const uncaught = (error: unknown) => {
    if (survives(error)) {
      drainTicks(uncaught);
      return;
    }
    const shown = inspectable(error);
    tell(`An error that nobody caught: ${shown.split("\n", 1)[0]}`);
    process.stderr.write(`${shown}\n`);
    process.exit(1);
  };
  process.on("uncaughtException", uncaught);
  process.on("unhandledRejection", uncaught);
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

/** Handlers throw anything, also what throws itself when it is looked at. */
function inspectable(error: unknown): string {
  try {
    return inspect(error);
  } catch {
    return "something that cannot be read";
  }
}

/**
 * Runs at once what an error left in the queue of `process.nextTick`. Node.js runs it in the next callback from outside,
 * which may be the one that hands over a part of an HTTP body: an error thrown there breaks the parser of that connection,
 * and the body is never read to its end.
 */
function drainTicks(thrown: (error: unknown) => void): void {
  try {
    // Not in the types: the function that every callback from outside ends with.
    const run: unknown = Reflect.get(process, "_tickCallback");
    if (typeof run === "function") Reflect.apply(run, process, []);
  } catch (error) {
    thrown(error);
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
