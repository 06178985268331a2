/** Which tasks the list shows: those that ask somebody, states as buttons, and words. */
import { STATES, type State } from "@waybill/sdk";
import { STATE_DISPLAY } from "@waybill/sdk/display";
import { element, whenTyped } from "./element.ts";

export class Filters {
  readonly states = new Set<State>();
  /** Only those that wait for a person's answer, whatever else they do meanwhile. */
  asking = false;
  words = "";

  constructor(buttons: HTMLElement, search: HTMLInputElement, changed: () => void) {
    const add = (label: string, tone: string, toggled: () => boolean): void => {
      const toggle = element("button", { type: "button", "aria-pressed": "false", "data-tone": tone }, label);
      toggle.addEventListener("click", () => {
        toggle.setAttribute("aria-pressed", String(toggled()));
        changed();
      });
      buttons.append(toggle);
    };
    add("asks you", "attention", () => {
      this.asking = !this.asking;
      return this.asking;
    });
    for (const state of STATES) {
      const { label, tone } = STATE_DISPLAY[state];
      add(label, tone, () => {
        if (!this.states.delete(state)) this.states.add(state);
        return this.states.has(state);
      });
    }
    whenTyped(search, (words) => {
      this.words = words;
      changed();
    });
  }

  get isEmpty(): boolean {
    return !this.asking && this.states.size === 0 && this.words === "";
  }

  query(): { asks?: "true"; state?: State[]; q?: string } {
    return {
      ...(this.asking && { asks: "true" }),
      ...(this.states.size > 0 && { state: [...this.states] }),
      ...(this.words !== "" && { q: this.words }),
    };
  }
}
