/** The page: a list that follows the server, and beside it the task that the address names. */
import type { TaskSummary } from "@waybill/sdk";
import { count } from "@waybill/sdk/display";
import { Detail } from "./detail.ts";
import { byId, element, notice } from "./element.ts";
import { Filters } from "./filters.ts";
import { API_PAGE_MAX, listenForKeys, PAGE, SHOWN_MAX, selected } from "./list-page.ts";
import { PageHead } from "./page-head.ts";
import { Refresher } from "./refresher.ts";
import { RowList } from "./row-list.ts";
import { Session, sentenceOf } from "./session.ts";
import { taskRow } from "./task-row.ts";

const REFRESH_MS = 1_500;

const session = new Session();
const pane = byId("detail", HTMLElement);
const problem = byId("notice", HTMLParagraphElement);
const empty = byId("empty", HTMLParagraphElement);
const more = byId("more", HTMLButtonElement);
const query = byId("query", HTMLInputElement);
const search = byId("search", HTMLInputElement);
const head = new PageHead("Tasks", session, () => {
  open(selected());
  void refresher.now();
});
const filters = new Filters(byId("states", HTMLFieldSetElement), search, () => {
  shown = PAGE;
  void refresher.now();
});
const list = new RowList(byId("tasks", HTMLDivElement), taskRow, (id, toDetail) => {
  if (selected() !== id) {
    location.hash = id;
    open(id);
  }
  if (toDetail) detail?.focus();
});

let shown = PAGE;
let detail: Detail | null = null;
/** The task that it shows. */
let opened: string | null = null;

const refresher = new Refresher(REFRESH_MS, head, problem, async () => {
  const tasks: TaskSummary[] = [];
  let total = 0;
  for await (const page of session.client.tasks
    .list({ ...filters.query(), limit: Math.min(shown, API_PAGE_MAX) })
    .pages()) {
    tasks.push(...page.items);
    total = page.total;
    if (tasks.length >= shown) break;
  }
  return () => {
    list.show(tasks);
    list.select(selected());
    notice(empty, tasks.length > 0 ? "" : emptyText());
    more.hidden = total <= tasks.length || shown >= SHOWN_MAX;
    more.textContent = `Show older tasks (${count(total - tasks.length)} more)`;
    return `${count(total)} ${filters.isEmpty ? "" : "matching "}task${total === 1 ? "" : "s"}`;
  };
});

function emptyText(): string {
  return filters.isEmpty
    ? 'There are no tasks yet.\nAsk the agent something above, or from a shell:\nwaybill submit "What is the capital of France?"'
    : "No task fits these filters.";
}

function open(id: string | null): void {
  opened = id;
  detail?.close();
  detail = null;
  list.select(id);
  if (id === null) {
    pane.replaceChildren(element("p", { class: "nothing" }, "Choose a task to see what it does."));
    return;
  }
  detail = new Detail(pane, session.client, id, {
    opened: (next) => {
      location.hash = next;
      void refresher.now();
    },
    changed: () => void refresher.now(),
  });
}

byId("submit", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  const text = query.value.trim();
  if (text === "") {
    query.focus();
    return;
  }
  session.client.submit({ kind: "agent", input: { query: text } }).then(
    ({ id }) => {
      query.value = "";
      location.hash = id;
      void refresher.now();
    },
    (error: unknown) => notice(problem, sentenceOf(error)),
  );
});

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
