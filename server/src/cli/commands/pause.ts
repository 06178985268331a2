import type { Command } from "commander";
import { addSteering } from "../steering-command.ts";

/** `waybill pause`. */
export function addPause(program: Command): void {
  addSteering(program, {
    name: "pause",
    about: "pause a task once the steps that run have ended",
    act: (task, options) => task.pause(options),
  });
}
