/** How tasks and their figures read to people: what the command line and the dashboard share. */
export { eventSummary } from "./event-summary.ts";
export { age, bytes, count, duration, money } from "./number-format.ts";
