import type { Command } from "commander";
import { addServerFlags, runServer } from "../server-process.ts";

/** `waybill dev`: everything on this machine, without a key, an account or a service. */
export function addDev(program: Command): void {
  addServerFlags(
    program
      .command("dev")
      .description("run a server for yourself: this machine only, no key needed, data in ./.waybill"),
  ).action((flags: Record<string, string | undefined>) => runServer("dev", flags));
}
