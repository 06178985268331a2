import type { Command } from "commander";
import { addSteering } from "../steering-command.ts";

/** `waybill cancel`. */
export function addCancel(program: Command): void {
  addSteering(program, {
    name: "cancel",
    about: "end a task and all that it has begun",
    act: (task, options) => task.cancel(options),
  });
}
