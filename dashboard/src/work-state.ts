/** How the states of people's work read and look. */
import type { WorkItem } from "@waybill/sdk";
import type { Tone } from "@waybill/sdk/display";
import { element } from "./element.ts";

export type WorkState = WorkItem["assignment"]["state"];

const DISPLAY: Readonly<Record<WorkState, { label: string; tone: Tone }>> = {
  assigned: { label: "assigned", tone: "attention" },
  voting: { label: "voting", tone: "attention" },
  information: { label: "information asked", tone: "attention" },
  alerted: { label: "needs authorization", tone: "attention" },
  suspended: { label: "suspended", tone: "held" },
  completed: { label: "completed", tone: "success" },
  errored: { label: "failed", tone: "failure" },
  expired: { label: "expired", tone: "failure" },
  withdrawn: { label: "withdrawn", tone: "idle" },
  deleted: { label: "deleted", tone: "idle" },
};

export const OPEN_STATES: readonly WorkState[] = ["assigned", "voting", "information", "alerted", "suspended"];
export const DONE_STATES: readonly WorkState[] = ["completed", "errored", "expired", "withdrawn", "deleted"];

export function workChip(state: WorkState): HTMLElement {
  const { label, tone } = DISPLAY[state];
  return element("span", { class: "chip", "data-tone": tone }, label);
}
