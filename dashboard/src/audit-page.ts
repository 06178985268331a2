/** The page of the audit log: who did what, newest first, by whoever and whatever one looks for. */
import type { AuditEntry, AuditOptions } from "@waybill/sdk";
import { count } from "@waybill/sdk/display";
import { byId, element, notice, whenTyped } from "./element.ts";
import { PageHead } from "./page-head.ts";
import { Refresher } from "./refresher.ts";
import { Session } from "./session.ts";
import { moment } from "./task-facts.ts";

const REFRESH_MS = 5_000;
const PAGE = 50;
const SHOWN_MAX = 1_000;
const API_PAGE_MAX = 200;
const HOUR_MS = 3_600_000;
const HEADS = ["number", "time", "who", "what", "from", "task", "detail"];

const session = new Session();
const problem = byId("notice", HTMLParagraphElement);
const table = byId("entries", HTMLDivElement);
const empty = byId("empty", HTMLParagraphElement);
const more = byId("more", HTMLButtonElement);
const act = byId("act", HTMLSelectElement);
const since = byId("since", HTMLSelectElement);
const fields = [
  ["user", byId("user", HTMLInputElement)],
  ["task_id", byId("task", HTMLInputElement)],
  ["address", byId("address", HTMLInputElement)],
] as const;
const head = new PageHead("Audit", session, () => void refresher.now());

let shown = PAGE;

const refresher = new Refresher(REFRESH_MS, head, problem, async () => {
  const { entries, isWhole } = await newest(filter(), shown);
  return () => {
    table.replaceChildren(tableOf(entries));
    notice(empty, entries.length > 0 ? "" : "Nothing fits.");
    more.hidden = isWhole || shown >= SHOWN_MAX;
    return `${count(entries.length)}${isWhole ? "" : " newest"} entries`;
  };
});

function filter(): AuditOptions {
  const words = fields.flatMap(([name, field]) => {
    const text = field.value.trim();
    return text === "" ? [] : [[name, text] as const];
  });
  return {
    ...Object.fromEntries(words),
    ...(act.value !== "" && { act: act.value }),
    ...(since.value !== "" && { from: new Date(Date.now() - Number(since.value) * HOUR_MS).toISOString() }),
  };
}

/** A page may have fewer than it was asked for where few fit. */
async function newest(wanted: AuditOptions, limit: number): Promise<{ entries: AuditEntry[]; isWhole: boolean }> {
  const entries: AuditEntry[] = [];
  for (let cursor: string | undefined; entries.length < limit; ) {
    const page = { ...wanted, limit: Math.min(API_PAGE_MAX, limit - entries.length) };
    const { data, next_cursor } = await session.client.auditPage({ ...page, ...(cursor !== undefined && { cursor }) });
    entries.push(...data);
    if (next_cursor === null) return { entries, isWhole: true };
    cursor = next_cursor;
  }
  return { entries, isWhole: false };
}

function tableOf(entries: readonly AuditEntry[]): HTMLElement {
  return element(
    "table",
    {},
    element("thead", {}, element("tr", {}, ...HEADS.map((name) => element("th", { scope: "col" }, name)))),
    element("tbody", {}, ...entries.map(rowOf)),
  );
}

function rowOf({ n, at, user, key_id, act, origin, task_id, detail }: AuditEntry): HTMLElement {
  const from = origin === null ? "" : `${origin.address} ${origin.lens}`;
  const task = task_id === null ? null : element("a", { href: `./#${task_id}` }, task_id);
  const text = JSON.stringify(detail);
  return element(
    "tr",
    {},
    element("td", {}, String(n)),
    element("td", {}, element("time", { datetime: at }, moment(at))),
    element("td", { title: key_id, dir: "auto" }, user),
    element("td", {}, act),
    element("td", { title: origin?.request_id ?? null }, from),
    element("td", {}, task),
    element("td", { class: "detail-text", dir: "auto" }, text === "{}" ? "" : text),
  );
}

function again(): void {
  shown = PAGE;
  void refresher.now();
}

for (const choice of [act, since]) choice.addEventListener("change", again);
for (const [, field] of fields) whenTyped(field, again);
byId("choices", HTMLFormElement).addEventListener("submit", (event) => event.preventDefault());
more.addEventListener("click", () => {
  shown = Math.min(SHOWN_MAX, shown + PAGE);
  void refresher.now();
});

void refresher.now();
