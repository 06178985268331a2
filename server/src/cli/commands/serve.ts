import type { Command } from "commander";
import { addServerFlags, runServer } from "../server-process.ts";

/** `waybill serve`: production. It refuses to start before there is an API key. */
export function addServe(program: Command): void {
  addServerFlags(
    program.command("serve").description("run a server for others: every request needs an API key"),
  ).action((flags: Record<string, string | undefined>) => runServer("serve", flags));
}
