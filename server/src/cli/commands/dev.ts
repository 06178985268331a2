import type { Command } from "commander";
import { addServerFlags, runServer } from "../server-process.ts";

/** `waybill dev`: everything on this machine, without a key, an account or a service. */
export function addDev(program: Command): void {
  addServerFlags(
    program
      .command("dev")
      .description("run a server for yourself: this machine only, no key needed, data in ./.waybill"),
  )
    .option("--no-reload", "do not start again when the configuration file changes")
    .action(({ reload, ...flags }: Record<string, string | undefined> & { reload: boolean }) =>
      runServer("dev", flags, { reload }),
    );
}
