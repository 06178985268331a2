/** One task: its record, read again whenever its log says that something has changed, and the log itself, live. */
import { type Event, isKnownEvent, isTerminal, type Task, type TaskHandle, type Waybill } from "@waybill/sdk";
import { duration } from "@waybill/sdk/display";
import { BudgetCard } from "./budget-card.ts";
import { chip } from "./chip.ts";
import { button, card, element, notice } from "./element.ts";
import { EventLog } from "./event-log.ts";
import { sentenceOf } from "./session.ts";
import { factsCard } from "./task-facts.ts";
import { outputCards, progressBar, webhooksCard, whyCard } from "./task-parts.ts";
import { timeline } from "./timeline.ts";
import { WorkCards } from "./work-cards.ts";

/** Changes that come together are read together. */
const SETTLE_MS = 150;
/** Bars of what still runs grow, and so does the age. */
const TICK_MS = 1_000;
const TEXT_CHARS_MAX = 50_000;
/** These say nothing that the record would show. */
const TEXT_ONLY: ReadonlySet<string> = new Set(["output.delta", "agent.thinking"]);

export type DetailEvents = {
  /** A new task came of this one. */
  opened: (id: string) => void;
  /** The task was changed from here. */
  changed: () => void;
};

export class Detail {
  readonly #pane: HTMLElement;
  readonly #handle: TaskHandle;
  readonly #events: DetailEvents;
  readonly #stop = new AbortController();

  readonly #head = element("header");
  readonly #problem = element("p", { class: "notice", role: "alert", hidden: true });
  /** What people have to do with it. */
  readonly #work: WorkCards;
  readonly #why = element("div");
  readonly #budget: BudgetCard;
  readonly #output = element("div");
  readonly #steps = element("div");
  readonly #facts = element("div");
  readonly #webhooks = element("div");
  readonly #log = new EventLog();

  #task: Task | null = null;
  /** What the notice shows is that the last reading failed: the next good one takes it away. */
  #unread = false;
  #text = "";
  #stepFrom = 0;
  #settling: ReturnType<typeof setTimeout> | undefined;
  #isReading = false;
  /** Something has changed since the reading that is under way began. */
  #isOld = false;
  readonly #ticking: ReturnType<typeof setInterval>;
  /** Whoever opened the task wants to answer it: that is given the focus once it is there. */
  #wantsWork = false;

  constructor(pane: HTMLElement, client: Waybill, id: string, events: DetailEvents) {
    this.#pane = pane;
    this.#handle = client.task(id);
    this.#events = events;
    const changed = (): void => {
      this.#readSoon();
      events.changed();
    };
    this.#work = new WorkCards(client, id, changed);
    this.#budget = new BudgetCard(client, id, changed);
    pane.replaceChildren(
      this.#head,
      this.#problem,
      this.#work.view,
      this.#why,
      this.#budget.view,
      this.#output,
      this.#steps,
      this.#facts,
      this.#webhooks,
      this.#log.view,
    );
    pane.scrollTop = 0;
    this.#ticking = setInterval(() => {
      const isLive = this.#task !== null && !isTerminal(this.#task.state);
      if (!document.hidden && isLive && !this.#isReading) void this.#read();
    }, TICK_MS);
    void this.#read();
    void this.#follow();
  }

  /** Goes to what is asked of people when there is anything, else to the pane itself. */
  focus(): void {
    if (this.#task === null) this.#wantsWork = true;
    else if (!this.#work.focus()) this.#pane.focus();
  }

  close(): void {
    this.#stop.abort();
    clearTimeout(this.#settling);
    clearInterval(this.#ticking);
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stop;
    try {
      let frame = 0;
      const show = (): void => {
        frame = 0;
        this.#log.show();
        this.#drawText();
      };
      const events = this.#handle.stream({ signal, onReconnect: () => this.#log.status("reconnecting") });
      for await (const event of events) {
        this.#log.hear(event);
        if (frame === 0) frame = requestAnimationFrame(show);
        this.#write(event);
        if (!TEXT_ONLY.has(event.type)) this.#readSoon();
      }
      if (frame !== 0) cancelAnimationFrame(frame);
      show();
      this.#log.status("ended");
    } catch (error) {
      if (!signal.aborted) notice(this.#problem, sentenceOf(error));
    }
  }

  #write(event: Event): void {
    if (!isKnownEvent(event)) return;
    if (event.type === "output.delta") this.#text += event.data.text;
    if (event.type === "output.restarted") this.#text = this.#text.slice(0, this.#stepFrom);
    if (event.type === "step.completed") this.#stepFrom = this.#text.length;
    const cut = Math.max(0, this.#text.length - TEXT_CHARS_MAX);
    this.#text = this.#text.slice(cut);
    this.#stepFrom = Math.max(0, this.#stepFrom - cut);
  }

  #readSoon(): void {
    this.#settling ??= setTimeout(() => {
      this.#settling = undefined;
      void this.#read();
    }, SETTLE_MS);
  }

  /** One at a time: of two answers the older one may come last. */
  async #read(): Promise<void> {
    this.#isOld = true;
    if (this.#isReading) return;
    this.#isReading = true;
    while (this.#isOld && !this.#stop.signal.aborted) {
      this.#isOld = false;
      await this.#readOnce();
    }
    this.#isReading = false;
  }

  async #readOnce(): Promise<void> {
    const { signal } = this.#stop;
    try {
      const task = await this.#handle.get({ signal });
      const open = !isTerminal(task.state);
      const [steps, why, artifacts, webhooks] = await Promise.all([
        this.#handle.steps({ signal }),
        open ? this.#handle.why({ signal }) : null,
        this.#handle.artifacts({ signal }),
        // They are its owner's: to others who take part in the task there are none.
        this.#handle.webhooks.list({ signal }).catch(() => []),
      ]);
      if (signal.aborted) return;
      if (this.#unread) notice(this.#problem, "");
      this.#unread = false;
      const moved = this.#task?.state !== task.state;
      this.#task = task;
      this.#drawHead(task, moved);
      await this.#work.show(task, signal);
      if (this.#wantsWork) this.focus();
      this.#wantsWork = false;
      this.#why.replaceChildren(...(why === null ? [] : [whyCard(why)]));
      await this.#budget.show(task, why?.reason === "paused_by_budget", signal);
      this.#drawText();
      const bars = timeline(task, steps, Date.now());
      const at = this.#steps.querySelector(".timeline")?.scrollTop ?? 0;
      this.#steps.replaceChildren(...(bars === null ? [] : [card("Steps", "", bars)]));
      if (bars !== null) bars.scrollTop = at;
      const told = webhooksCard(webhooks);
      this.#webhooks.replaceChildren(...(told === null ? [] : [told]));
      if (moved || this.#facts.childElementCount === 0 || open)
        this.#drawFacts(
          task,
          artifacts.map(({ name, id }) => name ?? id),
        );
    } catch (error) {
      if (signal.aborted) return;
      this.#unread = true;
      notice(this.#problem, sentenceOf(error));
    }
  }

  #drawHead(task: Task, moved: boolean): void {
    const took = duration(Date.parse(task.ended_at ?? new Date().toISOString()) - Date.parse(task.created_at));
    const state = chip(task.state);
    const under = element(
      "div",
      { class: "under" },
      state,
      element("span", {}, task.kind),
      element("span", {}, isTerminal(task.state) ? `took ${took}` : `for ${took}`),
      element("code", {}, task.id),
    );
    if (moved || this.#head.childElementCount === 0) {
      this.#head.replaceChildren(element("h2", {}, task.title), under, this.#actions(task), progressBar(task));
      return;
    }
    // The buttons stay the same elements: one may have the focus.
    this.#head.children[1]?.replaceWith(under);
    this.#head.children[3]?.replaceWith(progressBar(task));
  }

  #actions(task: Task): HTMLElement {
    const handle = this.#handle;
    const row = element("div", { class: "row" });
    const add = (label: string, look: string, act: () => Promise<unknown>): void => {
      const made = button(label, look, () => {
        made.disabled = true;
        notice(this.#problem, "");
        act()
          .then(
            () => this.#events.changed(),
            (error: unknown) => notice(this.#problem, sentenceOf(error)),
          )
          .finally(() => {
            made.disabled = false;
          });
      });
      row.append(made);
    };
    const retry = async (reuseSteps: boolean): Promise<void> => {
      this.#events.opened((await handle.retry({ reuseSteps })).id);
    };
    if (isTerminal(task.state)) {
      add("Retry", "", () => retry(false));
      if (task.state !== "completed") add("Retry, keep finished steps", "", () => retry(true));
      return row;
    }
    if (task.state === "paused") add("Resume", "primary", () => handle.resume());
    if (task.paused?.pausing) add("Stop it now", "danger", () => handle.pause({ now: true }));
    if (task.state !== "paused") add("Pause", "", () => handle.pause());
    add("Cancel", "danger", () => handle.cancel());
    return row;
  }

  #drawText(): void {
    if (this.#task !== null) this.#output.replaceChildren(...outputCards(this.#task, this.#text));
  }

  #drawFacts(task: Task, artifacts: readonly string[]): void {
    const inputShown = this.#facts.querySelector("details")?.open === true;
    this.#facts.replaceChildren(factsCard(task, artifacts, inputShown));
  }
}
