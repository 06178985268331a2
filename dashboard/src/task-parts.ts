/** Parts of the detail pane that are drawn anew from the record each time: no state of their own. */
import { isTerminal, outputText, type Task, type Webhook, type Why } from "@waybill/sdk";
import { STATE_DISPLAY, webhookSummary } from "@waybill/sdk/display";
import { card, element } from "./element.ts";
import { moment } from "./task-facts.ts";

export function whyCard({ summary, reason, since, running, ahead, until }: Why): HTMLElement {
  const more = [
    `${reason}, since ${moment(since)}.`,
    running.every((name) => summary.includes(name)) ? "" : `Runs now: ${running.join(", ")}.`,
    ahead === null ? "" : `${ahead} before it in the queue.`,
    until === null ? "" : `Until ${moment(until)}.`,
  ].filter((text) => text !== "");
  return card(
    "Why it is where it is",
    "why",
    element("p", {}, summary),
    more.length === 0 ? null : element("p", {}, more.join(" ")),
  );
}

/** Who is told of it, and which delivery waits and why; null when nobody is. */
export function webhooksCard(webhooks: readonly Webhook[]): HTMLElement | null {
  if (webhooks.length === 0) return null;
  const lines = webhooks.map((each) => element("li", {}, `${new URL(each.url).host} ${webhookSummary(each)}`));
  return card("Webhooks", "", element("ul", {}, ...lines));
}

export function progressBar({ state, progress }: Task): HTMLElement {
  if (isTerminal(state)) return element("div");
  return element(
    "div",
    { "data-tone": STATE_DISPLAY[state].tone },
    element("progress", { max: 1, value: progress.fraction, "aria-label": "Progress" }),
    element("p", { class: "under" }, `${Math.round(progress.fraction * 100)} % ${progress.message}`),
  );
}

/** The output, or what there is without one: the error, and what has been written of an answer. */
export function outputCards(task: Task, written: string): HTMLElement[] {
  if (task.state === "completed") return [card("Output", "", outputElement(outputText(task.output)))];
  const cards: HTMLElement[] = [];
  if (task.error !== null) {
    const { code, message, step } = task.error;
    const where = step === null ? code : `${code}, in step ${step}`;
    cards.push(
      card(
        "Error",
        "bad",
        element("p", { class: "text", tabindex: 0 }, message),
        element("p", { class: "under" }, where),
        stackIn(task.stack),
      ),
    );
  }
  if (written !== "") {
    const look = task.state === "running" ? "text live" : "text";
    cards.push(card("Written so far", "", element("p", { class: look }, written)));
  }
  return cards;
}

/** Those who may see it want to know where in the code it was thrown. */
function stackIn(stack: string | null): HTMLElement | null {
  if (stack === null) return null;
  return element("details", {}, element("summary", {}, "Stack"), element("pre", {}, stack));
}

function outputElement(text: string): HTMLElement {
  const isJson = text.startsWith("{") || text.startsWith("[");
  return isJson ? element("pre", {}, text) : element("p", { class: "text" }, text);
}
