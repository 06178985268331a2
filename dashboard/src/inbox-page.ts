/** The page of people's work: what waits for whoever looks, and beside it the item that the address names. */
import type { WorkItem } from "@waybill/sdk";
import { count } from "@waybill/sdk/display";
import { byId, element, notice } from "./element.ts";
import { API_PAGE_MAX, listenForKeys, PAGE, SHOWN_MAX, selected } from "./list-page.ts";
import { PageHead } from "./page-head.ts";
import { Refresher } from "./refresher.ts";
import { RowList } from "./row-list.ts";
import { Session } from "./session.ts";
import { WorkDetail } from "./work-detail.ts";
import { WorkFilters } from "./work-filters.ts";
import { workRow } from "./work-row.ts";

const REFRESH_MS = 2_000;
/** As `list.css` has it. */
const NARROW = matchMedia("(max-width: 820px)");

const session = new Session();
const pane = byId("item", HTMLElement);
const problem = byId("notice", HTMLParagraphElement);
const empty = byId("empty", HTMLParagraphElement);
const more = byId("more", HTMLButtonElement);
const search = byId("search", HTMLInputElement);
const head = new PageHead("Inbox", session, () => {
  open(selected());
  void refresher.now();
});
const filters = new WorkFilters(byId("lists", HTMLFieldSetElement), search, byId("order", HTMLSelectElement), () => {
  shown = PAGE;
  void refresher.now();
});
const list = new RowList(byId("items", HTMLDivElement), workRow, (id, toDetail) => {
  if (selected() !== id) {
    location.hash = id;
    open(id);
  }
  if (toDetail) detail?.focus();
  // Where the item stands below the list, it would else be out of sight.
  else if (NARROW.matches) pane.scrollIntoView();
});

let shown = PAGE;
let detail: WorkDetail | null = null;
/** The item that it shows. */
let opened: string | null = null;

const refresher = new Refresher(REFRESH_MS, head, problem, async () => {
  const { items, total } = await itemsShown();
  return () => {
    list.show(items);
    list.select(selected());
    notice(empty, items.length > 0 ? "" : filters.isEmpty ? "Nothing waits for you." : "Nothing is in this list.");
    more.hidden = total <= items.length || shown >= SHOWN_MAX;
    more.textContent = `Show more (${count(total - items.length)})`;
    return `${count(total)} item${total === 1 ? "" : "s"}`;
  };
});

async function itemsShown(): Promise<{ items: WorkItem[]; total: number }> {
  const items: WorkItem[] = [];
  for (;;) {
    const limit = Math.min(shown - items.length, API_PAGE_MAX);
    const page = await session.client.human.worklist({ ...filters.query(), limit, offset: items.length });
    items.push(...page.items);
    if (items.length >= Math.min(shown, page.total) || page.items.length === 0) return { items, total: page.total };
  }
}

function open(id: string | null): void {
  opened = id;
  detail?.close();
  detail = null;
  list.select(id);
  if (id === null) pane.replaceChildren(element("p", { class: "nothing" }, "Choose what you want to look at."));
  else detail = new WorkDetail(pane, session.client, id, () => void refresher.now());
}

more.addEventListener("click", () => {
  shown = Math.min(SHOWN_MAX, shown + PAGE);
  void refresher.now();
});
addEventListener("hashchange", () => {
  if (selected() !== opened) open(selected());
});
listenForKeys(list, search);

open(selected());
void refresher.now();
