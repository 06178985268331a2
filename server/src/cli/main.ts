/** The entry point of the command `waybill`. */
import { run } from "./program.ts";
import { passOverTypeless } from "./warnings.ts";

passOverTypeless();
// Whatever a command makes is the owner's alone from its first moment on: values, keys and answers are in it.
process.umask(process.umask() | 0o077);
process.exitCode = await run(process.argv.slice(2));
