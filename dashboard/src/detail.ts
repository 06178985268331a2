/** One task: its record, read again whenever its log says that something has changed, and the log itself, live. */
import { type Event, isTerminal, type Json, outputText, type Task, type TaskHandle, type Waybill } from "@waybill/sdk";
import { count, duration, money, STATE_DISPLAY } from "@waybill/sdk/display";
import { chip } from "./chip.ts";
import { button, type Child, card, element, notice } from "./element.ts";
import { EventLog } from "./event-log.ts";
import { questionCard } from "./question.ts";
import { sentenceOf } from "./session.ts";
import { timeline } from "./timeline.ts";

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
  readonly #handle: TaskHandle;
  readonly #events: DetailEvents;
  readonly #stop = new AbortController();

  readonly #head = element("header");
  readonly #problem = element("p", { class: "notice", role: "alert", hidden: true });
  readonly #question = element("div");
  readonly #why = element("div");
  readonly #output = element("div");
  readonly #steps = element("div");
  readonly #facts = element("div");
  readonly #log = new EventLog();

  #task: Task | null = null;
  /** What the notice shows is that the last reading failed: the next good one takes it away. */
  #unread = false;
  #asked = "";
  #text = "";
  #stepFrom = 0;
  #settling: ReturnType<typeof setTimeout> | undefined;
  readonly #ticking: ReturnType<typeof setInterval>;

  constructor(pane: HTMLElement, client: Waybill, id: string, events: DetailEvents) {
    this.#handle = client.task(id);
    this.#events = events;
    pane.replaceChildren(
      this.#head,
      this.#problem,
      this.#question,
      this.#why,
      this.#output,
      this.#steps,
      this.#facts,
      this.#log.view,
    );
    pane.scrollTop = 0;
    this.#ticking = setInterval(() => {
      if (!document.hidden && this.#task !== null && !isTerminal(this.#task.state)) void this.#read();
    }, TICK_MS);
    void this.#read();
    void this.#follow();
  }

  close(): void {
    this.#stop.abort();
    clearTimeout(this.#settling);
    clearInterval(this.#ticking);
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stop;
    try {
      let waiting: Event[] = [];
      let frame = 0;
      const show = (): void => {
        frame = 0;
        this.#log.add(waiting);
        waiting = [];
        this.#drawText();
      };
      const events = this.#handle.stream({ signal, onReconnect: () => this.#log.status("reconnecting") });
      for await (const event of events) {
        waiting.push(event);
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

  #write({ type, data }: Event): void {
    if (type === "output.delta" && typeof data["text"] === "string") this.#text += data["text"];
    if (type === "output.restarted") this.#text = this.#text.slice(0, this.#stepFrom);
    if (type === "step.completed") this.#stepFrom = this.#text.length;
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

  async #read(): Promise<void> {
    const { signal } = this.#stop;
    try {
      const task = await this.#handle.get({ signal });
      const open = !isTerminal(task.state);
      const [steps, why, artifacts] = await Promise.all([
        this.#handle.steps({ signal }),
        open ? this.#handle.why({ signal }) : null,
        this.#handle.artifacts({ signal }),
      ]);
      if (signal.aborted) return;
      if (this.#unread) notice(this.#problem, "");
      this.#unread = false;
      const moved = this.#task?.state !== task.state;
      this.#task = task;
      this.#drawHead(task, moved);
      this.#drawQuestion(task);
      this.#why.replaceChildren(...(why === null ? [] : [whyCard(why.summary, why.running, why.ahead, why.until)]));
      this.#drawText();
      const bars = timeline(task, steps, Date.now());
      this.#steps.replaceChildren(...(bars === null ? [] : [card("Steps", "", bars)]));
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
      this.#head.replaceChildren(element("h2", {}, task.title), under, this.#actions(task), progressOf(task));
      return;
    }
    // The buttons stay the same elements: one may have the focus.
    this.#head.children[1]?.replaceWith(under);
    this.#head.children[3]?.replaceWith(progressOf(task));
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
    else add("Pause", "", () => handle.pause());
    add("Cancel", "danger", () => handle.cancel());
    return row;
  }

  #drawQuestion({ state, input_required: question }: Task): void {
    const asked = state === "input_required" && question !== null ? `${question.name}\n${question.text}` : "";
    // The form stays as it is while it is the same question: somebody may be writing in it.
    if (asked === this.#asked) return;
    this.#asked = asked;
    if (asked === "" || question === null) {
      this.#question.replaceChildren();
      return;
    }
    const answer = async (value: Json): Promise<void> => {
      await this.#handle.input(value, { prompt: question.name });
      this.#events.changed();
    };
    this.#question.replaceChildren(questionCard(question, answer));
  }

  #drawText(): void {
    const task = this.#task;
    if (task === null) return;
    if (task.state === "completed") {
      const text = outputText(task.output);
      const look =
        text.startsWith("{") || text.startsWith("[") ? element("pre", {}, text) : element("p", { class: "text" }, text);
      this.#output.replaceChildren(card("Output", "", look));
      return;
    }
    const cards: Child[] = [];
    if (task.error !== null) {
      const { code, message, step } = task.error;
      const where = step === null ? code : `${code}, in step ${step}`;
      cards.push(
        card("Error", "bad", element("p", { class: "text" }, message), element("p", { class: "under" }, where)),
      );
    }
    if (this.#text !== "") {
      const live = task.state === "running" ? "text live" : "text";
      cards.push(card("Written so far", "", element("p", { class: live }, this.#text)));
    }
    this.#output.replaceChildren(...cards.filter((one) => one !== null));
  }

  #drawFacts(task: Task, artifacts: readonly string[]): void {
    const { usage } = task;
    const facts: [string, string | null][] = [
      ["Created", moment(task.created_at)],
      ["Started", task.started_at && `${moment(task.started_at)}, attempt ${task.attempt}`],
      ["Ended", task.ended_at && moment(task.ended_at)],
      ["Deadline", isTerminal(task.state) ? null : task.deadline_at && moment(task.deadline_at)],
      ["User", `${task.user}, by ${task.lens}`],
      ["Calls", usage.calls === 0 ? null : count(usage.calls)],
      ["Tokens", usage.calls === 0 ? null : `${count(usage.input_tokens)} in, ${count(usage.output_tokens)} out`],
      [
        "Cost",
        usage.calls === 0 ? null : `${money(usage.cost_usd)}${usage.unpriced_calls > 0 ? " and unpriced calls" : ""}`,
      ],
      ["Conversation", task.conversation_id],
      ["Retry of", task.retry_of],
      ["Parent", task.parent_id],
      ["Paused by", task.paused && by(task.paused)],
      ["Cancelled by", task.cancelled && by(task.cancelled)],
      ["Artifacts", artifacts.length === 0 ? null : artifacts.join(", ")],
      ["Metadata", Object.keys(task.metadata).length === 0 ? null : JSON.stringify(task.metadata)],
    ];
    const open = this.#facts.querySelector("details")?.open === true;
    this.#facts.replaceChildren(
      card(
        "Facts",
        "",
        element(
          "dl",
          { class: "facts-grid" },
          ...facts.flatMap(([name, value]) =>
            value === null ? [] : [element("div", {}, element("dt", {}, name), element("dd", {}, value))],
          ),
        ),
        element(
          "details",
          { open },
          element("summary", {}, "Input"),
          element("pre", {}, JSON.stringify(task.input, null, 2)),
        ),
      ),
    );
  }
}

function whyCard(summary: string, running: readonly string[], ahead: number | null, until: string | null): HTMLElement {
  const more = [
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

function progressOf({ state, progress }: Task): HTMLElement {
  if (isTerminal(state)) return element("div");
  return element(
    "div",
    { "data-tone": STATE_DISPLAY[state].tone },
    element("progress", { max: 1, value: progress.fraction, "aria-label": "Progress" }),
    element("p", { class: "under" }, `${Math.round(progress.fraction * 100)} % ${progress.message}`),
  );
}

function by(steering: { by: string; reason: string }): string {
  return steering.reason === "" ? steering.by : `${steering.by}: ${steering.reason}`;
}

function moment(iso: string): string {
  return new Date(iso).toLocaleString("sv-SE");
}
