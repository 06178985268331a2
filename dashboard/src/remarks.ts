/** What people have said of an item, attached to it, and done with it. */
import type { Attachment, Comment, HistoryEntry, Waybill } from "@waybill/sdk";
import { bytes } from "@waybill/sdk/display";
import { button, card, element, notice } from "./element.ts";
import { namesOf } from "./identities.ts";
import { sentenceOf } from "./session.ts";
import { moment } from "./task-facts.ts";

/** Of what is said and attached: how it is added. Absent: nothing can be any more. */
export type Adding<Given> = { add: (given: Given) => Promise<void> } | null;

export function commentsCard(comments: readonly Comment[], adding: Adding<string>): HTMLElement {
  const said = comments.map(({ at, by, text }) =>
    element(
      "li",
      {},
      element("p", { class: "under" }, element("b", {}, by), when(at)),
      element("p", { class: "text" }, text),
    ),
  );
  return card(
    "Comments",
    "",
    said.length === 0 ? null : element("ol", { class: "remarks" }, ...said),
    adding && writing(adding),
  );
}

function writing({ add }: NonNullable<Adding<string>>): HTMLElement {
  const words = element("textarea", { rows: 1, placeholder: "A remark", "aria-label": "A remark" });
  const problem = element("p", { class: "notice", role: "alert", hidden: true });
  const send = element("button", { type: "submit" }, "Comment");
  const form = element("form", { class: "remark" }, words, send, problem);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = words.value.trim();
    if (text === "") return words.focus();
    send.disabled = true;
    add(text)
      .then(
        () => {
          words.value = "";
        },
        (error: unknown) => notice(problem, sentenceOf(error)),
      )
      .finally(() => {
        send.disabled = false;
      });
  });
  return form;
}

/** `removing` is absent where nothing can be removed any more. */
export function attachmentsCard(
  client: Waybill,
  task: string,
  attachments: readonly Attachment[],
  adding: Adding<File>,
): HTMLElement {
  const problem = element("p", { class: "notice", role: "alert", hidden: true });
  const failed = (error: unknown): void => notice(problem, sentenceOf(error));
  const rows = attachments.map(({ name, bytes: size, media_type, by, at }) => {
    const remove = button("Remove", "quiet", () => void client.human.detach(task, name).catch(failed));
    remove.setAttribute("aria-label", `Remove ${name}`);
    return element(
      "li",
      {},
      button(name, "quiet", () => void download(client, task, name).catch(failed)),
      element("span", { class: "under" }, `${bytes(size)}, ${media_type}`, element("span", {}, by), when(at)),
      adding === null ? null : remove,
    );
  });
  if (adding === null && rows.length === 0) return element("div");
  const list = rows.length === 0 ? null : element("ul", { class: "files" }, ...rows);
  return card("Attachments", "", list, problem, adding && choosing(adding, failed));
}

function choosing({ add }: NonNullable<Adding<File>>, failed: (error: unknown) => void): HTMLElement {
  const chosen = element("input", { type: "file", "aria-label": "A file to attach" });
  chosen.addEventListener("change", () => {
    const file = chosen.files?.[0];
    if (file === undefined) return;
    chosen.disabled = true;
    add(file)
      .catch(failed)
      .finally(() => {
        chosen.disabled = false;
        chosen.value = "";
      });
  });
  return chosen;
}

/** By the key of this tab, which a link would not bring. */
async function download(client: Waybill, task: string, name: string): Promise<void> {
  const blob = await new Response(await client.human.attachment(task, name)).blob();
  const link = element("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  URL.revokeObjectURL(link.href);
}

const DONE: Readonly<Record<string, string>> = {
  submit: "submitted it",
  answer: "answered",
  comment: "said",
  attach: "attached",
  detach: "removed",
  overdue: "it became overdue",
  expire: "it expired",
  claim: "claimed it",
  release: "gave it back",
  delegate: "delegated it",
  reassign: "reassigned it",
  escalate: "escalated it",
  suspend: "suspended it",
  resume: "resumed it",
  withdraw: "withdrew it",
  request_information: "asked for information",
  submit_information: "gave the information",
  push_back: "pushed it back",
  route: "asked others first",
  skip: "skipped it",
  save: "saved it",
  error: "ended it as failed",
  renew: "renewed it",
  delete: "deleted it",
  purge: "purged it",
};

export function historyCard(entries: readonly HistoryEntry[]): HTMLElement {
  const rows = entries.map(({ at, by, act, outcome, comment, to, state }) => {
    const did = act === "decide" ? `decided: ${outcome ?? "skipped"}` : (DONE[act] ?? act);
    return element(
      "li",
      { "data-state": state },
      when(at),
      element(
        "div",
        {},
        element(
          "p",
          {},
          by === "" ? null : element("b", {}, by),
          ` ${did}`,
          to.length > 0 ? `, now for ${namesOf(to)}` : null,
        ),
        comment === null || comment === "" ? null : element("p", { class: "text" }, comment),
      ),
    );
  });
  return card("History", "", element("ol", { class: "history" }, ...rows));
}

function when(at: string): HTMLTimeElement {
  return element("time", { datetime: at }, moment(at));
}
