/** A task as a row of the list. */
import { isTerminal, type TaskSummary } from "@waybill/sdk";
import { age, money, STATE_DISPLAY } from "@waybill/sdk/display";
import { chip } from "./chip.ts";
import { element } from "./element.ts";
import { wantedBy } from "./question.ts";
import type { RowContent } from "./row-list.ts";

export function taskRow({ id, title, state, asks, kind, created_at, progress, usage, user }: TaskSummary): RowContent {
  const old = age(Date.now() - Date.parse(created_at));
  const cost = usage.cost_usd === 0 ? "" : money(usage.cost_usd);
  const meter = (): HTMLElement =>
    element(
      "span",
      { class: "meter", "data-tone": STATE_DISPLAY[state].tone },
      element("progress", { max: 1, value: progress.fraction, "aria-label": "Progress" }),
    );
  return {
    shown: [title, state, asks, kind, old, cost, user, progress.fraction].join("\n"),
    draw: () => [
      element("span", { class: "title", title }, title),
      chip(state),
      element(
        "span",
        { class: "facts" },
        asks === null ? null : element("span", { class: "asks", title: "Answer it" }, `asks for ${wantedBy(asks)}`),
        element("span", {}, kind),
        element("span", { class: "id" }, `…${id.slice(-6)}`),
        element(
          "time",
          { datetime: created_at, title: new Date(created_at).toLocaleString() },
          old === "now" ? "now" : `${old} ago`,
        ),
        cost === "" ? null : element("span", { class: "cost" }, cost),
      ),
      ...(isTerminal(state) ? [] : [meter()]),
    ],
  };
}
