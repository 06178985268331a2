/**
 * An agent that reads an expense report, checks each claim against a policy, asks a person about those above its limit, and
 * says what is paid. What has been decided is journaled: a server that is killed between two questions asks the second one.
 */
import { readFile } from "node:fs/promises";
import { type Context, defineAgent, type Json, messageAsked, readApproval, TaskFailure } from "waybill";
import { z } from "zod";

const claim = z.object({
  date: z.iso.date(),
  place: z.string().min(1),
  reason: z.string(),
  nights: z.coerce.number().int().positive(),
  rate: z.coerce.number().positive(),
  amount: z.coerce.number().positive(),
});
type Claim = z.infer<typeof claim>;
type Policy = { limit: number; nightsMax: number; text: string };
/** `by` is who decided it; null: the policy alone. */
type Decision = { claim: Claim; paid: boolean; why: string; by: string | null };

async function check(ctx: Context, report: string): Promise<Json> {
  const policy = await ctx.step("read the policy", async () => policyIn(await readFile(POLICY, "utf8")));
  const claims = await ctx.step("read the report", async () => claimsIn(report));
  const decisions: Decision[] = [];
  for (const [at, claim] of claims.entries()) {
    ctx.progress(at / claims.length, `${at} of ${claims.length} claims`);
    decisions.push(byPolicy(claim, policy) ?? (await byPerson(ctx, claim, policy)));
  }
  ctx.artifact({ id: "decisions", name: "decisions.csv", parts: [{ text: table(decisions), mediaType: "text/csv" }] });
  return { message: { parts: [{ text: summary(decisions) }] } };
}

const POLICY = new URL("policy.md", import.meta.url);

/** Its two numbers, as the text says them. */
function policyIn(text: string): Policy {
  const [, limit] = /at most ([\d,]+\.\d\d) AUD/.exec(text) ?? [];
  const [, nights] = /at most (\d+) nights/.exec(text) ?? [];
  if (limit === undefined || nights === undefined)
    throw new TaskFailure("policy_unreadable", "The policy names no limit, or no longest stay.");
  return { limit: Number(limit.replaceAll(",", "")), nightsMax: Number(nights), text };
}

const HEAD = "date,place,reason,nights,rate,amount";

function claimsIn(report: string): Claim[] {
  const lines = report.split(/\r?\n/).map((line) => line.trim());
  const from = lines.indexOf(HEAD);
  if (from === -1) throw new TaskFailure("no_report", `There is no report with the line ${HEAD}.`, { rejected: true });
  return lines.slice(from + 1).flatMap((line, at) => {
    if (line === "") return [];
    const [date, place, reason, nights, rate, amount] = line.split(",");
    const read = claim.safeParse({ date, place, reason, nights, rate, amount });
    if (!read.success)
      throw new TaskFailure("no_report", `Claim ${at + 1} cannot be read: ${line}`, { rejected: true });
    return [read.data];
  });
}

/** What the policy decides by itself; null for what a person has to. */
function byPolicy(claim: Claim, { limit, nightsMax }: Policy): Decision | null {
  const { nights, rate, amount } = claim;
  const due = nights * rate;
  if (amount !== due) return { claim, paid: false, why: `${nights} nights are ${money(due)} (rule 1)`, by: null };
  if (nights > nightsMax) return { claim, paid: false, why: `${nights} nights (rule 2)`, by: null };
  return amount <= limit ? { claim, paid: true, why: "within the limit (rule 3)", by: null } : null;
}

async function byPerson(ctx: Context, claim: Claim, { limit }: Policy): Promise<Decision> {
  const { date, place, reason, nights, rate, amount } = claim;
  const answer = await ctx.waitForInput(`claim of ${date}`, {
    asks: "approval",
    prompt:
      `Pay ${money(amount)} for ${nights} nights in ${place} at ${money(rate)}, from ${date}: ${reason}?\n` +
      `It is more than ${money(limit)}, so that a person decides (rule 4).`,
    candidates: [{ type: "group", id: "finance" }],
  });
  const { approved, comment } = readApproval(answer?.value ?? false);
  return { claim, paid: approved, why: comment || "decided (rule 4)", by: answer?.by ?? null };
}

function table(decisions: readonly Decision[]): string {
  const rows = decisions.map(({ claim, paid, why, by }) =>
    [
      claim.date,
      claim.place,
      money(claim.amount),
      paid ? "paid" : "refused",
      by ?? "policy",
      JSON.stringify(why),
    ].join(),
  );
  return ["date,place,amount,decision,by,why", ...rows].join("\n");
}

function summary(decisions: readonly Decision[]): string {
  const paid = decisions.filter((each) => each.paid);
  const asked = decisions.filter(({ by }) => by !== null);
  const total = paid.reduce((sum, { claim }) => sum + claim.amount, 0);
  const people = [...new Set(asked.map(({ by }) => by))].join(", ");
  return (
    `${paid.length} of ${decisions.length} claims are paid, ${money(total)} in all. ` +
    `${asked.length} were above the limit${people === "" ? "" : ` and decided by ${people}`}.`
  );
}

function money(amount: number): string {
  return `${amount.toFixed(2)} AUD`;
}

export const expenses = defineAgent({
  slug: "expenses",
  name: "Expenses",
  description: "Checks an expense report against the policy, and asks finance about claims above its limit.",
  run: (ctx, input) => {
    const texts = messageAsked(input).parts.flatMap((part) => ("text" in part ? [part.text] : []));
    return check(ctx, texts.join("\n"));
  },
});
