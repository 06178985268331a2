/** One item of people's work: read again whenever its log says that something has changed. */
import type { Task, TaskHandle, Waybill } from "@waybill/sdk";
import { chip } from "./chip.ts";
import { element, notice } from "./element.ts";
import { Rereading } from "./rereading.ts";
import { sentenceOf } from "./session.ts";
import { WorkCards } from "./work-cards.ts";
import { workChip } from "./work-state.ts";

export class WorkDetail {
  readonly #pane: HTMLElement;
  readonly #handle: TaskHandle;
  readonly #stop = new AbortController();
  readonly #head = element("header");
  readonly #problem = element("p", { class: "notice", role: "alert", hidden: true });
  readonly #work: WorkCards;
  readonly #rereading = new Rereading(() => this.#read());
  #isRead = false;
  #wantsWork = false;

  /** `changed` hears that the item was changed, by whomever. */
  constructor(pane: HTMLElement, client: Waybill, id: string, changed: () => void) {
    this.#pane = pane;
    this.#handle = client.task(id);
    this.#work = new WorkCards(client, id, () => this.#rereading.soon());
    pane.replaceChildren(this.#head, this.#problem, this.#work.view);
    pane.scrollTop = 0;
    void this.#rereading.now();
    void this.#follow(changed);
  }

  /** Goes to what is to be done, else to the pane itself. */
  focus(): void {
    if (!this.#isRead) this.#wantsWork = true;
    else if (!this.#work.focus()) this.#pane.focus();
  }

  close(): void {
    this.#stop.abort();
    this.#rereading.close();
  }

  async #follow(changed: () => void): Promise<void> {
    const { signal } = this.#stop;
    try {
      for await (const _ of this.#handle.stream({ signal })) {
        this.#rereading.soon();
        changed();
      }
    } catch (error) {
      if (!signal.aborted) notice(this.#problem, sentenceOf(error));
    }
  }

  async #read(): Promise<void> {
    const { signal } = this.#stop;
    try {
      const task = await this.#handle.get({ signal });
      if (signal.aborted) return;
      this.#drawHead(task);
      await this.#work.show(task, signal);
      if (signal.aborted) return;
      notice(this.#problem, task.assignment === null ? "It asks nobody for anything." : "");
      this.#isRead = true;
      if (this.#wantsWork) this.focus();
      this.#wantsWork = false;
    } catch (error) {
      if (!signal.aborted) notice(this.#problem, sentenceOf(error));
    }
  }

  #drawHead({ id, title, state, kind, number, user, assignment }: Task): void {
    this.#head.replaceChildren(
      element("h2", { dir: "auto" }, title),
      element(
        "div",
        { class: "under" },
        assignment === null ? chip(state) : workChip(assignment.state),
        element("span", {}, `no. ${number}`),
        element("span", {}, kind),
        element("span", {}, `by ${user}`),
        element("a", { href: `./#${id}` }, "As a task"),
      ),
    );
  }
}
