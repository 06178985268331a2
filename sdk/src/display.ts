/**
 * How tasks read to people: states, events and numbers. The command line and the dashboard share it; programs that only
 * call the server need none of it.
 */
export { eventSummary } from "./event-summary.ts";
export { age, bytes, count, duration, money } from "./number-format.ts";
export { isYesOrNo } from "./question.ts";
export { STATE_DISPLAY, type StateDisplay, type Tone } from "./state-display.ts";
export { webhookSummary } from "./webhook-summary.ts";
