import { type Event, isKnownEvent } from "@waybill/sdk";

/** Of a long text, its end. */
const CHARS_MAX = 50_000;

/** What a task has written so far, by its events. */
export class LiveText {
  #text = "";
  /** Where the step that writes now began: that much is void when it begins again. */
  #stepFrom = 0;

  get text(): string {
    return this.#text;
  }

  hear(event: Event): void {
    if (!isKnownEvent(event)) return;
    if (event.type === "output.delta") this.#text += event.data.text;
    if (event.type === "output.restarted") this.#text = this.#text.slice(0, this.#stepFrom);
    if (event.type === "step.completed") this.#stepFrom = this.#text.length;
    const cut = Math.max(0, this.#text.length - CHARS_MAX);
    this.#text = this.#text.slice(cut);
    this.#stepFrom = Math.max(0, this.#stepFrom - cut);
  }
}
