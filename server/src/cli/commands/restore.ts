import { existsSync } from "node:fs";
import { basename, resolve } from "node:path";
import { count } from "@waybill/sdk/display";
import type { Command } from "commander";
import { BadArchive, storageOf } from "../../store/open.ts";
import { clauseOf } from "../../task/text/clause.ts";
import { VERSION } from "../../version.ts";
import { addDataFlag, type DataFlags, dataFolder, hasData, locked } from "../data-folder.ts";
import { Exit } from "../exit.ts";
import { noteInFolder } from "../folder-audit.ts";
import { lossSentence, lostSentence } from "../loss.ts";
import { addPassphraseFlag, givenPassphrase, type PassphraseFlags, typedPassphrase } from "../passphrase.ts";
import { openTerminal } from "../terminal/terminal.ts";

type Flags = DataFlags & PassphraseFlags & { force?: boolean; json?: boolean; withoutMissingFiles?: boolean };

/** `waybill restore`: a data folder out of a backup. */
export function addRestore(program: Command): void {
  const command = addDataFlag(
    program
      .command("restore")
      .description("make a data folder out of a backup; checks it whole first; the server must not run")
      .argument("<file>", "what waybill backup wrote")
      .option("--force", "also where there is data already; that is moved aside, not removed")
      .option(
        "--without-missing-files",
        "also when files are missing or were changed: what they held is lost, and is named",
      )
      .option("--json", "print what it held as JSON"),
  );
  addPassphraseFlag(command)
    .addHelpText("after", "\nTasks that were open when the backup was made go on at the next start.")
    .action(async (file: string, flags: Flags) => {
      const archive = resolve(file);
      const folder = dataFolder(flags);
      if (!existsSync(archive)) throw new Exit(1, `There is no file ${archive}.`);
      if (hasData(folder) && !flags.force) {
        throw new Exit(1, `${folder} has data already. Another folder: --data. To move that data aside: --force`);
      }
      const { crashRecordFiles } = await import("../../engine/embedded/crash/crash-record-file.ts");
      const storage = storageOf({ data: folder });
      const given = await givenPassphrase(flags);
      const isAsked = given === null && (await storage.isEncrypted(archive));
      const passphrase = isAsked ? await typedPassphrase(`Passphrase of ${archive}`, false) : given;
      const unlock = await locked(storage);
      try {
        const options = {
          withoutMissingFiles: flags.withoutMissingFiles ?? false,
          ...(passphrase !== null && { passphrase }),
          // Who was in flight in other rows says nothing of these.
          besides: Object.values(crashRecordFiles(folder)).map((file) => basename(file)),
        };
        const { manifest, aside, missing, lost } = await storage.restore(archive, VERSION, options);
        await noteInFolder(storage, "backup.restore", { made_at: manifest.created_at, files: manifest.files });
        const { out, talk } = openTerminal();
        if (flags.json)
          out.write(
            `${JSON.stringify({ data: folder, aside, ...manifest, ...(missing.length > 0 && { missing }), ...(lost.length > 0 && { lost }) })}\n`,
          );
        else {
          talk.write(`${folder}: the database and ${count(manifest.files)} files of ${manifest.created_at}.\n`);
          if (aside !== null) talk.write(`What was there is in ${aside}\n`);
        }
        if (manifest.version !== VERSION)
          talk.write(
            `It was made by waybill ${manifest.version}; this is ${VERSION}, and the next start brings it up to date.\n`,
          );
        for (const loss of missing) talk.write(`${lossSentence(loss)}\n`);
        for (const each of lost) talk.write(`${lostSentence(each)}\n`);
      } catch (error) {
        if (!(error instanceof BadArchive)) throw error;
        throw new Exit(1, `${archive} is not restored: ${clauseOf(error)}.\n${folder} is as it was.`);
      } finally {
        unlock();
      }
    });
}
