/** The page of agents: a list, and beside it the agent that the address names, as a form. */
import type { Agent, Caller } from "@waybill/sdk";
import { count } from "@waybill/sdk/display";
import { AgentForm } from "./agent-form.ts";
import { button, byId, element, notice } from "./element.ts";
import { PageHead } from "./page-head.ts";
import { Session, sentenceOf } from "./session.ts";
import { moment } from "./task-facts.ts";

/** No slug is this word: it is reserved. */
const NEW = "new";

const session = new Session();
const pageHead = new PageHead("Agents", session, () => void refresh());
const list = byId("agents", HTMLElement);
const pane = byId("agent", HTMLElement);
const problem = byId("notice", HTMLParagraphElement);
const hidden = byId("hidden", HTMLInputElement);

let agents: Agent[] = [];
let caller: Caller | null = null;
/** Only the newest question to the server may draw: answers can overtake each other. */
let asked = 0;

async function refresh(): Promise<void> {
  asked += 1;
  const mine = asked;
  try {
    const [found, me] = await Promise.all([
      session.client.agents.list({ hidden: hidden.checked }),
      session.client.me(),
    ]);
    if (mine !== asked) return;
    agents = found;
    caller = me;
    pageHead.live(`${count(agents.length)} agent${agents.length === 1 ? "" : "s"}`);
    notice(problem, "");
    list.replaceChildren(...agents.map(row));
    await open();
  } catch (error) {
    if (mine !== asked) return;
    notice(problem, sentenceOf(error));
    pageHead.lost(error);
  }
}

function selected(): string {
  const hash = location.hash.slice(1);
  try {
    return decodeURIComponent(hash);
  } catch {
    return hash;
  }
}

function row({ slug, name, display_name, description, configured, created_by, hidden }: Agent): HTMLElement {
  const facts = [slug, configured ? "configuration" : `by ${created_by}`, ...(hidden ? ["hidden"] : []), description];
  return element(
    "a",
    { href: `#${slug}`, "aria-current": String(slug === selected()) },
    element("span", { class: "name", dir: "auto" }, display_name ?? name),
    element("span", { class: "under" }, facts.filter((fact) => fact !== "").join(" · ")),
  );
}

async function open(): Promise<void> {
  const slug = selected();
  for (const link of list.children)
    link.setAttribute("aria-current", String(link.getAttribute("href") === `#${slug}` && slug !== ""));
  if (slug === "") {
    pane.replaceChildren(element("p", { class: "nothing" }, "Choose an agent, or make a new one."));
    return;
  }
  if (slug === NEW) return draw(null);
  try {
    // Also one that the list leaves out.
    draw(agents.find((agent) => agent.slug === slug) ?? (await session.client.agents.get(slug)));
  } catch (error) {
    pane.replaceChildren(element("p", { class: "nothing" }, sentenceOf(error)));
  }
}

function mayChange({ configured, created_by }: Agent): boolean {
  if (caller === null || configured) return false;
  const { user, scopes } = caller;
  return created_by === user || scopes.includes("tasks:all") || scopes.includes("admin");
}

function draw(agent: Agent | null): void {
  const fields = new AgentForm(agent);
  const said = element("p", { class: "notice", role: "alert", hidden: true });
  const isMine = agent === null || mayChange(agent);
  const row = element("div", { class: "row" });
  if (isMine) row.append(element("button", { type: "submit", class: "primary" }, agent === null ? "Make it" : "Save"));
  else fields.readOnly();
  if (agent !== null && isMine) row.append(deleting(agent, said));
  fields.form.append(said, row);
  fields.form.addEventListener("submit", (event) => {
    event.preventDefault();
    save(agent, fields).then(
      (slug) => {
        if (selected() !== slug) location.hash = slug;
        void refresh();
      },
      (error: unknown) => notice(said, sentenceOf(error)),
    );
  });
  pane.replaceChildren(head(agent), ...(agent === null ? [] : [asking(agent)]), fields.form);
}

function head(agent: Agent | null): HTMLElement {
  if (agent === null) return element("header", {}, element("h2", {}, "A new agent"));
  const { name, display_name, slug, id, version, configured, created_by, updated_by, updated_at } = agent;
  const made = configured
    ? "of the server's configuration, which alone can change it"
    : `made by ${created_by}, version ${version}, last changed by ${updated_by}`;
  return element(
    "header",
    {},
    element("h2", { dir: "auto" }, display_name ?? name),
    element(
      "p",
      { class: "under" },
      element("code", {}, slug),
      element("code", {}, id),
      made,
      updated_at === null ? null : element("time", { datetime: updated_at }, moment(updated_at)),
    ),
  );
}

/** A question to the agent: its task is on the other page. */
function asking({ slug, name }: Agent): HTMLElement {
  const query = element("input", {
    type: "text",
    autocomplete: "off",
    placeholder: `Ask ${name}…`,
    "aria-label": "A question",
  });
  const form = element("form", { class: "submit" }, query, element("button", { type: "submit" }, "Submit"));
  const said = element("p", { class: "notice", role: "alert", hidden: true });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = query.value.trim();
    if (text === "") return query.focus();
    session.client.submit({ kind: "agent", input: { query: text, agent: slug } }).then(
      ({ id }) => location.assign(`./#${id}`),
      (error: unknown) => notice(said, sentenceOf(error)),
    );
  });
  return element("div", {}, form, said);
}

/** A second press deletes. */
function deleting(agent: Agent, said: HTMLElement): HTMLButtonElement {
  let isSure = false;
  const made = button("Delete", "danger", () => {
    if (!isSure) {
      isSure = true;
      made.textContent = "Delete for good? Its tasks stay";
      return;
    }
    session.client.agents.delete(agent.slug, { seen: agent }).then(
      () => {
        location.hash = "";
        void refresh();
      },
      (error: unknown) => notice(said, sentenceOf(error)),
    );
  });
  return made;
}

/** Returns its slug. */
async function save(agent: Agent | null, fields: AgentForm): Promise<string> {
  if (agent === null) return (await session.client.agents.create(fields.newAgent())).slug;
  return (await session.client.agents.update(agent.slug, fields.changes(), { seen: agent })).slug;
}

byId("create", HTMLButtonElement).addEventListener("click", () => {
  location.hash = NEW;
  pane.focus();
});
hidden.addEventListener("change", () => void refresh());
addEventListener("hashchange", () => void open());

void refresh();
