/** A state in a terminal: its mark and its name, in the colour of its tone. */
import type { State } from "@waybill/sdk";
import { STATE_DISPLAY, type Tone } from "@waybill/sdk/display";
import type { Screen, Style } from "./terminal.ts";

const TONE_STYLES: Readonly<Record<Tone, Style>> = {
  idle: "dim",
  active: "blue",
  held: "magenta",
  attention: "yellow",
  success: "green",
  failure: "red",
};

export function stateStyle(state: State): Style {
  return TONE_STYLES[STATE_DISPLAY[state].tone];
}

/** The state as flags and the API name it. */
export function markedState(state: State): string {
  return `${STATE_DISPLAY[state].mark} ${state}`;
}

export function styledState(state: State, screen: Screen): string {
  return screen.style(stateStyle(state), markedState(state));
}
