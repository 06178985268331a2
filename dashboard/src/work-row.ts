/** An item of people's work as a row of the inbox. */
import type { WorkItem } from "@waybill/sdk";
import { age } from "@waybill/sdk/display";
import { element } from "./element.ts";
import { namesOf } from "./identities.ts";
import type { RowContent } from "./row-list.ts";
import { workChip } from "./work-state.ts";

/** The priority of what nobody has given one. */
const USUAL_PRIORITY = 3;

export function workRow({ title, kind, assignment }: WorkItem): RowContent {
  const { state, priority, due_at, overdue, assigned_at, claimed_by, assignees } = assignment;
  const old = age(Date.now() - Date.parse(assigned_at));
  const whom = claimed_by === null ? `for ${namesOf(assignees)}` : `claimed by ${claimed_by}`;
  const due = due_at === null ? "" : `${overdue ? "overdue since" : "due"} ${due_at.slice(0, 10)}`;
  return {
    shown: [title, kind, state, priority, due, old, whom].join("\n"),
    draw: () => [
      element("span", { class: "title", title, dir: "auto" }, title),
      workChip(state),
      element(
        "span",
        { class: "facts" },
        priority === USUAL_PRIORITY ? null : element("span", {}, `priority ${priority}`),
        due_at === null ? null : element("time", { datetime: due_at, class: overdue ? "late" : null }, due),
        element("span", { class: "whom" }, whom),
        kind === "human" ? null : element("span", {}, kind),
        element("time", { datetime: assigned_at }, old === "now" ? "now" : `${old} ago`),
      ),
    ],
  };
}
