/** A task's events as they come, the newest in sight for as long as the reader stays at the end. */
import type { Event } from "@waybill/sdk";
import { eventSummary } from "@waybill/sdk/display";
import { element } from "./element.ts";

/** The page keeps this many rows; the whole log is in the API. */
const ROWS_MAX = 1_000;
/** Nearer than this to the end counts as being there. */
const NEAR_PX = 24;

export class EventLog {
  readonly view: HTMLElement;
  readonly #rows = element("ol", { class: "log", tabindex: 0, "aria-label": "Events" });
  readonly #aside = element("span", { class: "aside" });
  #seen = 0;
  /** What is not shown yet: a page that nobody looks at draws nothing, for hours. */
  #waiting: Event[] = [];

  constructor() {
    this.view = element(
      "section",
      { class: "card", hidden: true },
      element("h3", {}, "Events", this.#aside),
      this.#rows,
    );
  }

  hear(event: Event): void {
    this.#seen += 1;
    this.#waiting.push(event);
    if (this.#waiting.length >= 2 * ROWS_MAX) this.#waiting = this.#waiting.slice(-ROWS_MAX);
  }

  show(): void {
    const rows = this.#rows;
    const fresh = this.#waiting.slice(-ROWS_MAX);
    this.#waiting = [];
    const atEnd = rows.scrollHeight - rows.scrollTop - rows.clientHeight < NEAR_PX;
    rows.append(...fresh.map(row));
    while (rows.children.length > ROWS_MAX) rows.firstElementChild?.remove();
    // A task that is not there has none.
    this.view.hidden = this.#seen === 0;
    if (atEnd) rows.scrollTop = rows.scrollHeight;
    this.status("live");
  }

  /** Says beside the title how many there are, and whether more come. */
  status(is: "live" | "ended" | "reconnecting"): void {
    this.#aside.textContent = `${this.#seen} ${is === "ended" ? "in all" : `so far · ${is}`}`;
  }
}

function row(event: Event): HTMLLIElement {
  const at = new Date(event.at);
  return element(
    "li",
    {},
    element("span", { class: "seq" }, String(event.seq)),
    element("time", { datetime: event.at, title: at.toLocaleString() }, at.toLocaleTimeString("sv-SE")),
    element("span", { class: "type" }, event.type),
    element("span", { class: "what" }, eventSummary(event)),
  );
}
