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
}
