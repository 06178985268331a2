/** A data folder as the command line finds it, whether or not a server is using it. */
import { resolve } from "node:path";
import { type Command, Option } from "commander";
import { type Storage, storageOf } from "../store/open.ts";
import { Refusal } from "../task/errors.ts";
import { Exit } from "./exit.ts";

export type DataFlags = { data?: string | undefined };

const DEFAULT_DATA = ".waybill";

/** Adds `--data` to a command that works on the folder itself. */
export function addDataFlag(command: Command): Command {
  return command.addOption(
    new Option("--data <DIR>", `the data folder (default ./${DEFAULT_DATA})`).env("WAYBILL_DATA"),
  );
}

export function dataFolder({ data }: DataFlags): string {
  return resolve(data === undefined || data === "" ? DEFAULT_DATA : data);
}

export function hasData(folder: string): boolean {
  return storageOf({ data: folder }).exists();
}

/** Ends the command when no Waybill has kept anything there, or this user may not use it. */
export async function requireData(folder: string): Promise<void> {
  await requireOwn(folder);
  if (hasData(folder)) return;
  throw new Exit(
    1,
    `There is no Waybill data in ${folder}. Name its folder with --data, as the server was started with.`,
  );
}

/** Ends the command where there is data that this user may not use. */
export async function requireOwn(folder: string): Promise<void> {
  const storage = storageOf({ data: folder });
  const foreign = storage.exists() ? await storage.foreign() : null;
  if (foreign !== null) throw new Exit(1, foreign);
}

/** Takes a data folder for this command, and returns how to give it back. Ends the command when a server has it. */
export async function locked(storage: Storage): Promise<() => void> {
  try {
    return await storage.lock();
  } catch (error) {
    if (error instanceof Refusal) throw new Exit(1, error.message);
    throw error;
  }
}
