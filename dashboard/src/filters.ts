/** Which tasks the list shows: states as buttons, and words. */
import { STATES, type State } from "@waybill/sdk";
import { STATE_DISPLAY } from "@waybill/sdk/display";
import { element } from "./element.ts";

const TYPING_MS = 250;

export class Filters {
  readonly states = new Set<State>();
  words = "";

  constructor(buttons: HTMLElement, search: HTMLInputElement, changed: () => void) {
    for (const state of STATES) {
      const { label, tone } = STATE_DISPLAY[state];
      const toggle = element("button", { type: "button", "aria-pressed": "false", "data-tone": tone }, label);
      toggle.addEventListener("click", () => {
        if (!this.states.delete(state)) this.states.add(state);
        toggle.setAttribute("aria-pressed", String(this.states.has(state)));
        changed();
      });
      buttons.append(toggle);
    }
    let typing: ReturnType<typeof setTimeout> | undefined;
    search.addEventListener("input", () => {
      clearTimeout(typing);
      typing = setTimeout(() => {
        this.words = search.value.trim();
        changed();
      }, TYPING_MS);
    });
  }

  get isEmpty(): boolean {
    return this.states.size === 0 && this.words === "";
  }

  query(): { state?: State[]; q?: string } {
    return { ...(this.states.size > 0 && { state: [...this.states] }), ...(this.words !== "" && { q: this.words }) };
  }
}
