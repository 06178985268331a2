/** The entry point of the command `waybill`. */
import { run } from "./program.ts";

process.exitCode = await run(process.argv.slice(2));
