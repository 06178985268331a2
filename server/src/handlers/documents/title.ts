/** A task's title: what is done, and with what. */
import type { Presentation } from "../../task/handler.ts";

export function titled(does: string, subject: string): Presentation {
  return { title: subject === "" ? does : `${does} ${subject}` };
}
