/** A process beside the server in which attempts run whose crash must cost nobody else anything. */
import type { FromProcess, LookUp, RunChannel, ToProcess } from "../../execution/run-messages.ts";
import type { HowItEnded } from "./crash-record.ts";

/** `clean` when this end has told it to end. */
export type ProcessEnd = { how: HowItEnded; said: string };

export type RunProcess = {
  channel: RunChannel<ToProcess, FromProcess>;
  ended: Promise<ProcessEnd>;
  /** What its handlers may ask of their server beside the verbs of their tasks; nothing when absent. */
  lookUp?: LookUp;
  /** Ends it at once. `unknown`: it is to count as a death, not as an end that it was told. */
  end: (how: "clean" | "unknown") => void;
};

/** Resolves once it can run handlers. Rejects where there can be none. */
export type LaunchRunProcess = () => Promise<RunProcess>;
