/** What a task's handler has done, as bars on the task's own time. */
import type { Step, Task } from "@waybill/sdk";
import { duration, type Tone } from "@waybill/sdk/display";
import { element, svgElement } from "./element.ts";
import { moment } from "./task-facts.ts";

/** Journaled, but too short to be seen. */
const INSTANT: ReadonlySet<string> = new Set(["effect", "read"]);
const WIDTH_MIN = 0.6;
const TONES: Readonly<Record<Step["state"], Tone>> = {
  done: "success",
  failed: "failure",
  waiting: "held",
  retrying: "attention",
};

type Bar = { step: Step; from: number; to: number };

/** The bars of a task, in the order in which they began; null when there are none. */
export function timeline(task: Task, steps: readonly Step[], now: number): HTMLElement | null {
  const bars = barsOf(task, steps, now).filter(({ step }) => !INSTANT.has(step.kind));
  if (bars.length === 0) return null;
  const begin = Math.min(...bars.map(({ from }) => from), Date.parse(task.started_at ?? task.created_at));
  const end = Math.max(...bars.map(({ to }) => to), begin + 1);
  const percent = (ms: number): number => (ms / (end - begin)) * 100;
  return element(
    "ol",
    { class: "timeline", tabindex: 0, "aria-label": "Steps" },
    ...bars.map(({ step, from, to }) => {
      const width = Math.max(WIDTH_MIN, percent(to - from));
      const took = step.tries > 1 ? `${duration(to - from)} ×${step.tries}` : duration(to - from);
      const name = step.branch === "" ? step.name : `${step.branch.split(".").at(-1)} › ${step.name}`;
      const error = step.error === null ? "" : `: ${step.error.message}`;
      return element(
        "li",
        {
          // The body of a step that waits for its result runs now.
          "data-tone": step.kind === "step" && step.state === "waiting" ? "active" : TONES[step.state],
          title: `${step.kind} ${name}, ${step.state}, ${took}${error}`,
        },
        element("span", { class: "name" }, name),
        svgElement(
          "svg",
          { role: "img", "aria-label": `${step.state}, from ${duration(from - begin)} on` },
          svgElement("rect", {
            x: `${Math.min(percent(from - begin), 100 - width)}%`,
            y: "3",
            width: `${width}%`,
            height: "8",
            rx: "3",
          }),
        ),
        element("span", { class: "ms" }, took),
        ...moreOf(step),
      );
    }),
  );
}

/** What went wrong, try by try, and the task that it has begun. */
function moreOf({ state, attempts, tries, error, child_id }: Step): HTMLElement[] {
  // The last ones are kept. The one that runs now has not ended.
  const before = tries - (state === "waiting" ? 1 : 0) - attempts.length;
  const failed = attempts.flatMap((each, at) => (each.error === null ? [] : [{ ...each, n: before + at + 1 }]));
  const lines = failed.map(({ n, started_at, error }) =>
    element("p", { class: "fault" }, `Try ${n}, ${moment(started_at)}: ${error?.message ?? ""}`),
  );
  if (failed.length === 0 && error !== null) lines.push(element("p", { class: "fault" }, error.message));
  if (child_id !== null) lines.push(element("p", {}, element("a", { href: `#${child_id}` }, child_id)));
  return lines;
}

/** A body says how long it ran; a wait began when what stands before it in its branch had ended. */
function barsOf(task: Task, steps: readonly Step[], now: number): Bar[] {
  const lastOf = new Map<string, number>();
  const started = Date.parse(task.started_at ?? task.created_at);
  const ended = task.ended_at === null ? now : Date.parse(task.ended_at);
  const bars = steps.map((step): Bar => {
    const at = Date.parse(step.at);
    const isOpen = step.state === "waiting" || step.state === "retrying";
    const before = lastOf.get(step.branch) ?? started;
    lastOf.set(step.branch, at);
    if (isOpen) return { step, from: at, to: ended };
    const from = step.started_at === null ? Math.min(before, at) : Date.parse(step.started_at);
    return { step, from, to: at };
  });
  return bars.sort((a, b) => a.from - b.from);
}
