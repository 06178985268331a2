/** One task: its record, read again whenever its log says that something has changed, and the log itself, live. */
import { isTerminal, type Task, type TaskHandle, type Waybill } from "@waybill/sdk";
import { duration } from "@waybill/sdk/display";
import { BudgetCard } from "./budget-card.ts";
import { chip } from "./chip.ts";
import { card, element, notice } from "./element.ts";
import { EventLog } from "./event-log.ts";
import { LiveText } from "./live-text.ts";
import { Rereading } from "./rereading.ts";
import { sentenceOf } from "./session.ts";
import { type TaskChanges, taskActions } from "./task-actions.ts";
import { factsCard } from "./task-facts.ts";
import { outputCards, progressBar, webhooksCard, whyCard } from "./task-parts.ts";
import { timeline } from "./timeline.ts";
import { WorkCards } from "./work-cards.ts";

/** Bars of what still runs grow, and so does the age. */
const TICK_MS = 1_000;
/** These say nothing that the record would show. */
const TEXT_ONLY: ReadonlySet<string> = new Set(["output.delta", "agent.thinking"]);

export class Detail {
  readonly #pane: HTMLElement;
  readonly #handle: TaskHandle;
  readonly #events: TaskChanges;
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
  readonly #live = new LiveText();
  readonly #rereading = new Rereading(() => this.#read());
  readonly #ticking: ReturnType<typeof setInterval>;
  /** Whoever opened the task wants to answer it: that is given the focus once it is there. */
  #wantsWork = false;

  constructor(pane: HTMLElement, client: Waybill, id: string, events: TaskChanges) {
    this.#pane = pane;
    this.#handle = client.task(id);
    this.#events = events;
    const changed = (): void => {
      this.#rereading.soon();
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
      if (!document.hidden && isLive && !this.#rereading.isUnderWay) void this.#rereading.now();
    }, TICK_MS);
    void this.#rereading.now();
    void this.#follow();
  }

  /** Goes to what is asked of people when there is anything, else to the pane itself. */
  focus(): void {
    if (this.#task === null) this.#wantsWork = true;
    else if (!this.#work.focus()) this.#pane.focus();
  }

  close(): void {
    this.#stop.abort();
    this.#rereading.close();
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
        this.#live.hear(event);
        if (!TEXT_ONLY.has(event.type)) this.#rereading.soon();
      }
      if (frame !== 0) cancelAnimationFrame(frame);
      show();
      this.#log.status("ended");
    } catch (error) {
      if (!signal.aborted) notice(this.#problem, sentenceOf(error));
    }
  }

  async #read(): Promise<void> {
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
      this.#head.replaceChildren(
        element("h2", {}, task.title),
        under,
        taskActions(task, this.#handle, this.#problem, this.#events),
        progressBar(task),
      );
      return;
    }
    // The buttons stay the same elements: one may have the focus.
    this.#head.children[1]?.replaceWith(under);
    this.#head.children[3]?.replaceWith(progressBar(task));
  }

  #drawText(): void {
    if (this.#task !== null) this.#output.replaceChildren(...outputCards(this.#task, this.#live.text));
  }

  #drawFacts(task: Task, artifacts: readonly string[]): void {
    const inputShown = this.#facts.querySelector("details")?.open === true;
    this.#facts.replaceChildren(factsCard(task, artifacts, inputShown));
  }
}
