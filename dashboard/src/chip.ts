/** A state as a small coloured label. */
import type { State } from "@waybill/sdk";
import { STATE_DISPLAY } from "@waybill/sdk/display";
import { element } from "./element.ts";

export function chip(state: State): HTMLElement {
  const { label, tone } = STATE_DISPLAY[state];
  return element("span", { class: "chip", "data-tone": tone }, label);
}
