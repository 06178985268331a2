import type { State } from "@waybill/sdk";
import { element } from "./element.ts";

/** A state as people read it. */
export function stateLabel(state: State): string {
  return state.replaceAll("_", " ");
}

export function chip(state: State): HTMLElement {
  return element("span", { class: "chip", "data-state": state }, stateLabel(state));
}
