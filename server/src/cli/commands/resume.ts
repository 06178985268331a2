import type { Command } from "commander";
import { addSteering } from "../steering-command.ts";

/** `waybill resume`. */
export function addResume(program: Command): void {
  addSteering(program, {
    name: "resume",
    about: "let a paused task go on",
    act: (task, options) => task.resume(options),
  });
}
