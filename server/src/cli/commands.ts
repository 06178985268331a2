/** Every command that does not run a server, in the order in which the help lists them. */
import type { Command } from "commander";
import { didYouMean } from "../task/text/spelling.ts";
import { addAgents } from "./commands/agents.ts";
import { addAnswer } from "./commands/answer.ts";
import { addApprove } from "./commands/approve.ts";
import { addArtifacts } from "./commands/artifacts.ts";
import { addAudit } from "./commands/audit.ts";
import { addBackup } from "./commands/backup.ts";
import { addBudget } from "./commands/budget.ts";
import { addCancel } from "./commands/cancel.ts";
import { addClaim } from "./commands/claim.ts";
import { addCompletion } from "./commands/completion.ts";
import { addConversations } from "./commands/conversations.ts";
import { addDelete } from "./commands/delete.ts";
import { addDoctor } from "./commands/doctor.ts";
import { addErase } from "./commands/erase.ts";
import { addFiles } from "./commands/files.ts";
import { addGet } from "./commands/get.ts";
import { addGuardrails } from "./commands/guardrails.ts";
import { addInbox } from "./commands/inbox.ts";
import { addInit } from "./commands/init.ts";
import { addKeys } from "./commands/keys.ts";
import { addList } from "./commands/list.ts";
import { addLogs } from "./commands/logs.ts";
import { addOpen } from "./commands/open.ts";
import { addPause } from "./commands/pause.ts";
import { addReject } from "./commands/reject.ts";
import { addRestore } from "./commands/restore.ts";
import { addResult } from "./commands/result.ts";
import { addResume } from "./commands/resume.ts";
import { addRetry } from "./commands/retry.ts";
import { addSearch } from "./commands/search.ts";
import { addSubmit } from "./commands/submit.ts";
import { addUsage } from "./commands/usage.ts";
import { addWatch } from "./commands/watch.ts";
import { addWebhooks } from "./commands/webhooks.ts";
import { addJq } from "./jq.ts";

export function addCommands(program: Command): void {
  addSubmit(program);
  addList(program);
  addGet(program);
  addWatch(program);
  addLogs(program);
  addResult(program);
  addArtifacts(program);
  addCancel(program);
  addPause(program);
  addResume(program);
  addBudget(program);
  addRetry(program);
  addDelete(program);
  addConversations(program);
  addInbox(program);
  addClaim(program);
  addAnswer(program);
  addApprove(program);
  addReject(program);
  addKeys(program);
  addAudit(program);
  addErase(program);
  addUsage(program);
  addFiles(program);
  addSearch(program);
  addAgents(program);
  addGuardrails(program);
  addWebhooks(program);
  addOpen(program);
  addInit(program);
  addDoctor(program);
  addBackup(program);
  addRestore(program);
  addCompletion(program);
  addJq(program);
  for (const group of program.commands) refuseStrangers(group);
  program.addHelpText(
    "after",
    "\nFlags come after the command, and waybill COMMAND --help has those of each.\n" +
      "Ids of tasks may be shortened to their last characters. Commands print data on\n" +
      "stdout and talk on stderr. With --json data is JSON, one object a line for\n" +
      "lists and streams, and --jq says what jq makes of it. WAYBILL_URL and\n" +
      "WAYBILL_API_KEY stand for --url and --key.\n" +
      "Exit codes: 0 done, 1 failed, 2 wrong usage; where there are more, the\n" +
      "command's own help has them.",
  );
}

/** A group that lists when nothing more is said must not take a command that it does not have for a flag of its list. */
function refuseStrangers(group: Command): void {
  const names = group.commands.flatMap((command) => [command.name(), ...command.aliases()]);
  if (names.length === 0) return;
  group.hook("preSubcommand", ({ args: [word = ""] }) => {
    if (word === "" || word.startsWith("-") || names.includes(word)) return;
    const meant = didYouMean(word, names);
    const all = `Commands: ${names.map((name) => `waybill ${group.name()} ${name}`).join(", ")}.`;
    group.error(`error: there is no command "waybill ${group.name()} ${word}".${meant}\n${all}`);
  });
}
