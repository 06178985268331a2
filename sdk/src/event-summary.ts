/** An event as one line of text for people: what matters most of its data. */

import type { Event, Json } from "./generated/api.ts";
import { duration, money } from "./number-format.ts";

const SUMMARY_CHARS_MAX = 500;

/** What an event says beside its type; "" when that says it all. */
export function eventSummary({ type, data }: Event): string {
  return summaryOf(type, data).slice(0, SUMMARY_CHARS_MAX).replaceAll(/\s+/g, " ").trim();
}

function summaryOf(type: string, data: Event["data"]): string {
  const text = (name: string): string => plain(data[name]);
  switch (type) {
    case "task.submitted":
      return `${text("kind")}: ${text("title")}`;
    case "task.started":
      return `attempt ${text("attempt")}, ${text("cause")}`;
    case "task.waiting":
      return `on ${list(data["waits"])
        .map((wait) => plain(at(wait, "on")))
        .join(", ")}`;
    case "task.input_required":
      return plain(at(data["prompt"], "text"));
    case "task.progress":
      return `${Math.round(Number(data["fraction"] ?? 0) * 100)} % ${text("message")}`;
    case "task.failed":
    case "task.timed_out":
    case "task.rejected":
    case "task.retrying":
    case "step.failed":
    case "step.retrying":
      return `${text("name")} ${plain(at(data["error"], "message"))}`;
    case "task.cancelled":
    case "task.pausing":
      return `by ${text("by")}${text("reason") === "" ? "" : `: ${text("reason")}`}`;
    case "task.completed":
      return plain(at(data["output"], "text") ?? data["output"]);
    case "step.completed":
      return `${text("name")} ${data["ms"] === undefined ? "" : duration(Number(data["ms"]))}`;
    case "output.delta":
      return text("text");
    case "agent.started":
      return `${text("mode")}, ${text("model")}`;
    case "agent.answered":
    case "agent.thinking":
      return text("text");
    case "tool.invoked":
      return `${text("tool")} ${plain(data["params"])}`;
    case "tool.observed":
      return `${text("tool")} ${data["success"] === false ? "failed: " : "→ "}${plain(data["output"])}`;
    case "usage.recorded": {
      const call = data["call"];
      const cost = at(call, "cost_usd");
      return (
        `${plain(at(call, "model"))}: ${plain(at(call, "input_tokens"))} in, ${plain(at(call, "output_tokens"))} out` +
        (typeof cost === "number" ? `, ${money(cost)}` : "")
      );
    }
    case "artifact.updated":
      return plain(at(data["artifact"], "name") ?? at(data["artifact"], "id") ?? data["id"]);
    default:
      return Object.values(data)
        .map(plain)
        .filter((value) => value !== "")
        .join(" ");
  }
}

function at(value: Json | undefined, name: string): Json | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value[name] : undefined;
}

function list(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : [];
}

function plain(value: Json | undefined): string {
  if (value === undefined || value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
