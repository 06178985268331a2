/** A task's title: the work, and its object. */
import type { Presentation } from "../../task/handler.ts";

export function titled(does: string, subject: string): Presentation {
  return { title: subject === "" ? does : `${does} ${subject}` };
}
