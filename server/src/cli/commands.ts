/** Every command that does not run a server, in the order in which the help lists them. */
import type { Command } from "commander";
import { addAgents } from "./agents.ts";
import { addApprove } from "./approve.ts";
import { addBackup } from "./backup.ts";
import { addCancel } from "./cancel.ts";
import { addDoctor } from "./doctor.ts";
import { addGet } from "./get.ts";
import { addKeys } from "./keys.ts";
import { addList } from "./list.ts";
import { addLogs } from "./logs.ts";
import { addPause } from "./pause.ts";
import { addReject } from "./reject.ts";
import { addRestore } from "./restore.ts";
import { addResult } from "./result.ts";
import { addResume } from "./resume.ts";
import { addRetry } from "./retry.ts";
import { addSubmit } from "./submit.ts";
import { addWatch } from "./watch.ts";

export function addCommands(program: Command): void {
  addSubmit(program);
  addList(program);
  addGet(program);
  addWatch(program);
  addLogs(program);
  addResult(program);
  addCancel(program);
  addPause(program);
  addResume(program);
  addRetry(program);
  addApprove(program);
  addReject(program);
  addKeys(program);
  addAgents(program);
  addDoctor(program);
  addBackup(program);
  addRestore(program);
  program.addHelpText(
    "after",
    "\nIds of tasks may be shortened to their last characters. Commands print data on stdout and talk on stderr; with\n" +
      "--json data is JSON, one object a line for lists and streams. WAYBILL_URL and WAYBILL_API_KEY stand for --url\n" +
      "and --key. Exit codes: 0 done, 1 failed, 2 wrong usage.",
  );
}
