/** A data folder as the command line finds it, whether or not a server is using it. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Command, Option } from "commander";
import { Refusal } from "../task/errors.ts";
import { Exit } from "./exit.ts";

export type DataFlags = { data?: string | undefined };

/** As `store/sqlite/database.ts` names it, which would load the database's driver into every command. */
const DATABASE_FILE = "waybill.sqlite";

export const DEFAULT_DATA = ".waybill";

/** Adds `--data` to a command that works on the folder itself. */
export function addDataFlag(command: Command): Command {
  return command.addOption(
    new Option("--data <DIR>", `the data folder (default ./${DEFAULT_DATA})`).env("WAYBILL_DATA"),
  );
}

export function dataFolder({ data }: DataFlags): string {
  return resolve(data === undefined || data === "" ? DEFAULT_DATA : data);
}

export function hasDatabase(folder: string): boolean {
  return existsSync(join(folder, DATABASE_FILE));
}

/** Ends the command when no Waybill has kept anything there. */
export function requireDatabase(folder: string): void {
  if (hasDatabase(folder)) return;
  throw new Exit(
    1,
    `There is no Waybill data in ${folder}. Name its folder with --data, as the server was started with.`,
  );
}

/** Who has the folder: nobody, or what the lock says of its owner. */
export async function ownerOf(folder: string): Promise<string | null> {
  if (!hasDatabase(folder)) return null;
  try {
    (await lock(folder))();
    return null;
  } catch (error) {
    if (error instanceof Refusal) return error.message;
    throw error;
  }
}

/** Takes the folder for this command, or is refused as `unavailable`. Returns how to give it back. */
export async function lock(folder: string): Promise<() => void> {
  const { lockFolder } = await import("../store/sqlite/folder-lock.ts");
  return lockFolder(folder);
}
