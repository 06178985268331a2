/** The entry point of the command `waybill`. */
import { dieOf } from "../own-end.ts";
import { run } from "./program.ts";
import { passOverTypeless } from "./warnings.ts";

passOverTypeless();
// Whatever a command makes is the owner's alone from its first moment on: values, keys and answers are in it.
process.umask(process.umask() | 0o077);
const code = await run(process.argv.slice(2)).catch(dieOf);
process.exitCode = code;
// What a command has begun before it failed, such as what a configuration holds open, must not keep the process.
if (code !== 0) process.stdout.write("", () => process.stderr.write("", () => process.exit(code)));
