/** The entry point of the command `waybill`. */
import { run } from "./program.ts";
import { passOverTypeless } from "./warnings.ts";

passOverTypeless();
process.exitCode = await run(process.argv.slice(2));
