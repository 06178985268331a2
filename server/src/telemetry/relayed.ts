/**
 * Telemetry of a process beside the server, in which suspects run: what it has to tell goes to the server, which alone has a
 * connection out. A span crosses as it is.
 */
import type { FinishedModelCall, FinishedSpan, TelemetrySink } from "./span.ts";

type Ask = (name: string, given: readonly unknown[]) => Promise<unknown>;

const SPAN = "telemetry.span";
const MODEL_CALL = "telemetry.modelCall";

/** The end of the process. A server that is gone hears nothing more. */
export function relayingSink(ask: Ask): TelemetrySink {
  const tell = (name: string, given: FinishedSpan | FinishedModelCall): void => void ask(name, [given]).catch(() => {});
  return { span: (span) => tell(SPAN, span), modelCall: (call) => tell(MODEL_CALL, call) };
}

/** The server's end: what is no telemetry is for `others`. Without a sink it is dropped. */
export function relayedTo(sink: TelemetrySink | null, others: Ask): Ask {
  return async (name, given) => {
    if (name !== SPAN && name !== MODEL_CALL) return others(name, given);
    // It comes from the other end of this file, over a channel that only the two have.
    if (sink) Reflect.apply(name === SPAN ? sink.span : sink.modelCall, sink, given);
    return null;
  };
}
