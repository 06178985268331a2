import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { bytes, count } from "@waybill/sdk/display";
import type { Command } from "commander";
import { storageOf } from "../../store/open.ts";
import { VERSION } from "../../version.ts";
import { addDataFlag, type DataFlags, dataFolder, requireData } from "../data-folder.ts";
import { Exit } from "../exit.ts";
import { noteInFolder } from "../folder-audit.ts";
import { lossSentence, lostSentence } from "../loss.ts";
import { addPassphraseFlag, givenPassphrase, type PassphraseFlags, typedPassphrase } from "../passphrase.ts";
import { openTerminal } from "../terminal/terminal.ts";

type Flags = DataFlags &
  PassphraseFlags & {
    encrypt?: boolean;
    force?: boolean;
    json?: boolean;
    withoutMissingFiles?: boolean;
    withoutDamagedRows?: boolean;
  };

/** `waybill backup`: everything in one file, while the server runs or not. */
export function addBackup(program: Command): void {
  const command = addDataFlag(
    program
      .command("backup")
      .description("write everything into one tar file, and read it back; the server may go on running")
      .argument("<file>", "the file to write, such as waybill.tar, or waybill.tar.age")
      .option("--encrypt", "encrypt it with a passphrase, which is asked for when none is given")
      .option("--force", "write over a file that is there")
      .option(
        "--without-missing-files",
        "also when files are missing or were changed: what they held is lost, and is named",
      )
      .option(
        "--without-damaged-rows",
        "also when rows lie on damaged pages: they are not in it, and their tables are named",
      )
      .option("--json", "print what it holds as JSON"),
  );
  addPassphraseFlag(command)
    .addHelpText(
      "after",
      "\nIt holds API keys only as hashes, but every input and output: keep it as you\n" +
        "keep those. With a passphrase it is encrypted in the format of age, whose own\n" +
        "tool opens it too: age -d waybill.tar.age > waybill.tar",
    )
    .action(async (file: string, flags: Flags) => {
      const folder = dataFolder(flags);
      await requireData(folder);
      const target = resolve(file);
      if (existsSync(target) && !flags.force) throw new Exit(1, `${target} is there already. Write over it: --force`);
      const given = await givenPassphrase(flags);
      const passphrase = given ?? (flags.encrypt ? await typedPassphrase("Passphrase of the backup", true) : null);
      const { manifest, missing, lost, isNoted } = await storageOf({ data: folder })
        .backup(target, VERSION, {
          withoutMissingFiles: flags.withoutMissingFiles ?? false,
          withoutDamagedRows: flags.withoutDamagedRows ?? false,
          ...(passphrase !== null && { passphrase }),
        })
        .catch((error: unknown) => {
          throw new Exit(
            1,
            `The backup failed: ${error instanceof Error ? error.message : "unknown"}\nNothing was written. What is wrong, and what to do: waybill doctor`,
          );
        });
      const { out, talk } = openTerminal();
      const { size } = await stat(target);
      await noteInFolder(storageOf({ data: folder }), "backup.create", { bytes: size, files: manifest.files });
      if (flags.json)
        out.write(
          `${JSON.stringify({ file: target, bytes: size, encrypted: passphrase !== null, ...manifest, ...(missing.length > 0 && { missing }), ...(lost.length > 0 && { lost }) })}\n`,
        );
      else {
        const { tasks = 0, files } = manifest;
        talk.write(
          `${target}: ${bytes(size)}, ${count(tasks)} tasks and ${count(files)} files, ${passphrase === null ? "" : "encrypted, "}read back and whole.\n`,
        );
      }
      if (!isNoted) talk.write("The data folder could not remember it: reports of erasures will not name it.\n");
      for (const loss of missing) talk.write(`${lossSentence(loss)}\n`);
      for (const each of lost) talk.write(`${lostSentence(each)}\n`);
    });
}
