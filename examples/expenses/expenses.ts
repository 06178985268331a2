/**
 * Reads an expense report, checks it against the policy beside this file, and asks a person above its limit or beyond its
 * rules. The question waits on disk for days, and is in the approver's worklist whichever API that one uses.
 */
import { readFile } from "node:fs/promises";
import { type Context, defineAgent, messageAsked, TaskFailure } from "waybill";
import { z } from "zod";

const line = z.strictObject({
  date: z.iso.date(),
  category: z.string().min(1),
  description: z.string(),
  euros: z.coerce.number().positive().max(100_000),
});
type Line = z.infer<typeof line>;

/** Euros by category, and of a whole report; a category without a limit is paid in full. */
type Policy = { limits: Record<string, number>; total: number };

export const expenses = defineAgent({
  slug: "expenses",
  name: "Expenses",
  description: "Checks an expense report (CSV: date, category, description, euros) against the policy.",
  run: async (ctx, input) => {
    const text = messageAsked(input).parts.flatMap((part) => ("text" in part ? [part.text] : []));
    return check(ctx, text.find((each) => each.startsWith("date,")) ?? "");
  },
});

async function check(ctx: Context, csv: string) {
  const lines = readReport(csv);
  const { limits, total: most } = await ctx.step("read policy", async () =>
    readPolicy(await readFile(new URL("policy.md", import.meta.url), "utf8")),
  );
  const total = Math.round(lines.reduce((sum, { euros }) => sum + euros, 0) * 100) / 100;
  const beyond = lines.flatMap((each) => faultOf(each, limits));
  ctx.progress(0.5, `${lines.length} lines, ${beyond.length} beyond the policy`);

  const findings = [
    `${lines.length} expenses, ${total.toFixed(2)} euros in all.`,
    ...beyond.map((fault) => `- ${fault}`),
  ];
  ctx.artifact({
    id: "findings",
    name: "findings.md",
    parts: [{ text: findings.join("\n"), mediaType: "text/markdown" }],
  });
  if (total <= most && beyond.length === 0) return { approved: true, by: "policy", total };

  const answer = await ctx.waitForInput("approval", {
    asks: "approval",
    prompt: `Pay this expense report back?\n\n${findings.join("\n")}`,
    deadlineMs: 14 * 24 * 3_600_000,
  });
  const said = z.looseObject({ approved: z.boolean(), comment: z.string().optional() }).safeParse(answer?.value);
  if (!said.success) throw new TaskFailure("unanswered", "Nobody has decided within two weeks.");
  return { approved: said.data.approved, by: answer?.by ?? "", comment: said.data.comment ?? "", total };
}

function readReport(csv: string): Line[] {
  const [, ...rows] = csv.trim().split(/\r?\n/);
  if (rows.length === 0) throw new TaskFailure("no_report", "There is no report in the message.", { rejected: true });
  return rows.map((row, at) => {
    const [date, category, description, euros] = row.split(",");
    const read = line.safeParse({ date, category, description, euros });
    if (read.success) return read.data;
    throw new TaskFailure("bad_line", `Line ${at + 2} of the report cannot be read.`, { rejected: true });
  });
}

function readPolicy(text: string): Policy {
  const limits = Array.from(text.matchAll(/^- (\w+): (?:at most (\d+) euros|in full)/gm), ([, category, euros]) => [
    category,
    euros === undefined ? Number.MAX_SAFE_INTEGER : Number(euros),
  ]);
  const total = Number(/above (\d+) euros in total/.exec(text)?.[1]);
  if (limits.length === 0 || Number.isNaN(total)) throw new Error("The policy says no limits.");
  return { limits: Object.fromEntries(limits), total };
}

function faultOf({ date, category, description, euros }: Line, limits: Policy["limits"]): string[] {
  const limit = limits[category];
  if (limit === undefined) return [`${date} ${description}: the policy knows no ${category}`];
  return euros > limit
    ? [`${date} ${description}: ${euros.toFixed(2)} euros, ${category} has a limit of ${limit}`]
    : [];
}
