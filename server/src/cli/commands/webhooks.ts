import type { Delivery, StandingWebhook, Waybill, Webhook } from "@waybill/sdk";
import { duration, webhookSummary } from "@waybill/sdk/display";
import type { Command } from "commander";
import { atLeastOne, durationMs, pair, states, wholeNumber, words } from "../arguments.ts";
import { addConnectionFlags, type ConnectionFlags, talkTo } from "../connection.ts";
import { Exit } from "../exit.ts";
import { taskIdOf } from "../task-id.ts";
import { moment } from "../terminal/moment.ts";
import { table } from "../terminal/table.ts";
import { openTerminal, type Screen } from "../terminal/terminal.ts";
import { harmless } from "../terminal/text-width.ts";

type Flags = ConnectionFlags & { task?: string; json?: boolean };
type AddFlags = Flags & {
  secret?: string;
  event?: string[];
  state?: NonNullable<StandingWebhook["states"]>;
  kind?: string[];
  agent?: string[];
  metadata?: Record<string, string>;
  everybody?: boolean;
  children?: boolean;
};

/** `waybill webhooks`: who is told what happens to tasks. */
export function addWebhooks(program: Command): void {
  const webhooks = program
    .command("webhooks")
    .description("have addresses told what happens to tasks, and look after that")
    .addHelpText("after", "\nAlone, it lists them. A webhook is told of all your tasks, or of one that --task\nnames.");
  addOnes(webhooks);
  addCare(webhooks);
}

function addOnes(webhooks: Command): void {
  withFlags(
    webhooks.command("list", { isDefault: true }).description("list them: how far they are, and what waits and why"),
  ).action((flags: Flags) =>
    talkOf(flags, async (of) => {
      const { out, talk } = openTerminal();
      const all = await of.list();
      if (flags.json) for (const each of all) out.write(`${JSON.stringify(each)}\n`);
      else if (all.length === 0) talk.write("There are no webhooks yet: waybill webhooks add URL\n");
      else out.write(webhookTable(all, out));
    }),
  );
  withFlags(
    webhooks
      .command("add")
      .description("have an address told; its id is printed")
      .argument("<url>", "http or https, on the internet or where the server's operator allows")
      .option("--secret <SECRET>", "signs what is sent: whsec_ and base64; rotate makes one")
      .option("--event <TYPE,…>", "types of events; changes of the state, questions and the end when absent", words)
      .option("--state <STATE,…>", "what tells that a task has come to one of these", states)
      .option("--kind <KIND,…>", "of all tasks: those of these kinds", words)
      .option("--agent <AGENT,…>", "of all tasks: those that name these agents", words)
      .option("--metadata <KEY=VALUE>", "of all tasks: those with this in their metadata; may be repeated", pair)
      .option("--children", "of all tasks: also those that other tasks have begun")
      .option("--everybody", "of all tasks: those of every user of the tenant"),
  ).action((url: string, flags: AddFlags) => add(url, flags));
  withWebhook(webhooks.command("show").description("show one, without its secret")).action((id: string, flags: Flags) =>
    talkOf(flags, async (of) => {
      const { out } = openTerminal();
      const found = await of.get(id);
      out.write(flags.json ? `${JSON.stringify(found)}\n` : shown(found, out));
    }),
  );
  withWebhook(webhooks.command("remove").description("tell it nothing any more")).action((id: string, flags: Flags) =>
    talkOf(flags, async (of) => {
      const { out, talk } = openTerminal();
      await of.delete(id);
      if (flags.json) out.write(`${JSON.stringify({ removed: id })}\n`);
      else talk.write(`Removed ${id}.\n`);
    }),
  );
}

function addCare(webhooks: Command): void {
  withWebhook(webhooks.command("test").description("send it a webhook.test, and say what came of it")).action(
    (id: string, flags: Flags) =>
      talkOf(flags, async (of) => {
        const { out, talk } = openTerminal();
        const trial = await of.test(id);
        const { delivered, status, error, duration_ms: took } = trial;
        if (flags.json) out.write(`${JSON.stringify(trial)}\n`);
        else if (delivered) talk.write(`It was taken: HTTP ${status} after ${duration(took)}.\n`);
        if (!delivered) throw new Exit(1, `It was not taken: ${harmless(error ?? "")}, after ${duration(took)}.`);
      }),
  );
  withWebhook(
    webhooks
      .command("deliveries")
      .description("show what was sent and what came of it, newest first")
      .option("-n, --limit <N>", "at most so many", atLeastOne, 20),
  ).action((id: string, flags: Flags & { limit: number }) =>
    talkOf(flags, async (of) => {
      const { out, talk } = openTerminal();
      const found = await of.deliveries(id, { limit: flags.limit });
      if (flags.json) for (const each of found) out.write(`${JSON.stringify(each)}\n`);
      else if (found.length === 0) talk.write("Nothing was sent yet.\n");
      else out.write(deliveryTable(found, out));
    }),
  );
  withWebhook(
    webhooks
      .command("redrive")
      .description("send again what was given up, and what came after it")
      .option("--from <SEQ>", "of one task: from this event on", wholeNumber),
  ).action((id: string, flags: Flags & { from?: number }) =>
    talkOf(flags, async (of) => {
      const after = await of.redrive(id, flags.from === undefined ? {} : { from: flags.from });
      said(after, flags, `It goes on: ${webhookSummary(after)}.`);
    }),
  );
  withWebhook(webhooks.command("enable").description("go on with what it has not told")).action(
    (id: string, flags: Flags) =>
      talkOf(flags, async (of) => {
        const after = await of.enable(id);
        said(after, flags, "It is active.");
      }),
  );
  withWebhook(
    webhooks
      .command("rotate")
      .description("sign with another secret, which is printed this once")
      .option("--secret <SECRET>", "in place of one that the server makes")
      .option("--overlap <TIME>", "sign with the one before as well for 1h, 7d, …; a day when absent", durationMs),
  ).action((id: string, flags: Flags & { secret?: string; overlap?: number }) =>
    talkOf(flags, async (of) => {
      const { out, talk } = openTerminal();
      const { secret, overlap } = flags;
      const changed = await of.rotate(id, {
        ...(secret !== undefined && { secret }),
        ...(overlap !== undefined && { overlapS: Math.round(overlap / 1_000) }),
      });
      if (flags.json) out.write(`${JSON.stringify(changed)}\n`);
      else {
        talk.write("Its secret is shown this once:\n");
        out.write(`${changed.secret}\n`);
      }
    }),
  );
}

function withFlags(command: Command): Command {
  return addConnectionFlags(command)
    .option("--task <ID>", "a webhook of this task, not one of all your tasks")
    .option("--json", "print JSON, one object a line");
}

function withWebhook(command: Command): Command {
  return withFlags(command.argument("<webhook>", "its id"));
}

/** Webhooks of the task that is named, or of all tasks. */
function talkOf(flags: Flags, act: (of: Omit<Waybill["webhooks"], "create">) => Promise<void>): Promise<void> {
  return talkTo(flags, async (client) =>
    act(flags.task === undefined ? client.webhooks : client.task(await taskIdOf(client, flags.task)).webhooks),
  );
}

function add(url: string, { secret, event, state, ...flags }: AddFlags): Promise<void> {
  return talkTo(flags, async (client) => {
    const { out, talk } = openTerminal();
    const { kind, agent, metadata, everybody, children, task } = flags;
    const webhook = {
      url,
      ...(secret && { secret }),
      ...(event && { events: event }),
      ...(state && { states: state }),
    };
    const tasks = {
      ...(kind && { kinds: kind }),
      ...(agent && { agents: agent }),
      ...(metadata && { metadata }),
      ...(everybody && { everybody }),
      ...(children && { children }),
    };
    const made =
      task === undefined
        ? await client.webhooks.create({ ...webhook, tasks })
        : await client.task(await taskIdOf(client, task)).webhooks.create(webhook);
    if (flags.json) out.write(`${JSON.stringify(made)}\n`);
    else out.write(`${made.id}\n`);
    if (!made.signed) talk.write(`Nothing is signed: waybill webhooks rotate ${made.id}\n`);
  });
}

function said(webhook: Webhook, { json }: Flags, sentence: string): void {
  const { out, talk } = openTerminal();
  if (json) out.write(`${JSON.stringify(webhook)}\n`);
  else talk.write(`${sentence}\n`);
}

function webhookTable(all: readonly Webhook[], screen: Screen): string {
  return table<Webhook>(
    [
      { title: "ID", cell: ({ id }) => id },
      { title: "URL", cell: ({ url }) => url, shrinks: true },
      { title: "SIGNED", cell: ({ signed }) => (signed ? "yes" : "no") },
      { title: "STATE", cell: ({ state }) => state, style: ({ state }) => (state === "active" ? "green" : "red") },
      { title: "NOW", cell: webhookSummary, shrinks: true },
    ],
    all,
    screen,
  );
}

function deliveryTable(all: readonly Delivery[], screen: Screen): string {
  return table<Delivery>(
    [
      { title: "AT", cell: ({ at }) => moment(at) },
      { title: "TASK", cell: ({ task_id }) => (task_id ?? "").slice(-8) },
      { title: "EVENT", cell: ({ seq, type }) => `${seq} ${type ?? ""}` },
      { title: "TRY", cell: ({ attempt }) => String(attempt), align: "right" },
      { title: "TOOK", cell: ({ duration_ms }) => duration(duration_ms), align: "right" },
      {
        title: "OUTCOME",
        cell: ({ outcome }) => outcome,
        style: ({ outcome }) => (outcome === "delivered" ? "green" : "red"),
      },
      { title: "WHY", cell: ({ error }) => harmless(error ?? ""), shrinks: true },
    ],
    all,
    screen,
  );
}

function shown(webhook: Webhook, screen: Screen): string {
  const { id, task_id, url, events, tasks, signed, state, reason, told_up_to, given_up, last_error } = webhook;
  const facts: [string, string | null][] = [
    ["Id", id],
    ["Task", task_id ?? "all"],
    ["Which", tasks && JSON.stringify(tasks)],
    ["Url", url],
    ["Events", events?.join(", ") ?? "changes of the state, questions, the end"],
    ["Signed", signed ? "yes" : "no"],
    ["State", reason === null ? state : `${state}: ${reason}`],
    ["Now", webhookSummary(webhook)],
    ["Told up to", task_id && String(told_up_to)],
    ["Given up", given_up === null ? null : `event ${given_up}`],
    ["Last error", last_error],
  ];
  return facts
    .flatMap(([name, value]) => (value === null ? [] : [`${screen.style("dim", name.padEnd(12))}${harmless(value)}\n`]))
    .join("");
}
