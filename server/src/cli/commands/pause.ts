import type { Command } from "commander";
import { addSteering } from "../steering-command.ts";

/** `waybill pause`. */
export function addPause(program: Command): void {
  addSteering(program, {
    name: "pause",
    about: "pause a task once the steps that run have ended",
    flags: [["--now", "stop those steps too: they are done again after the resume"]],
    act: (task, options) => task.pause(options),
    said: async (task, handle) => (task.paused?.pausing ? (await handle.why()).summary : null),
  });
}
