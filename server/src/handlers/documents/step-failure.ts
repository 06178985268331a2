/** An error that to try again does not help: final for the engine's retries, with the code of the task's failure. */
import { ExtractionError } from "../../extraction/extraction.ts";
import { StepError, TaskFailure } from "../../task/handler.ts";

export class StepFailure extends Error {
  override readonly name = "StepFailure";
  readonly code: string;
  readonly retryable = false;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** An error of reading a file: the same file fails in the same way each time, unless the fault was ours. */
export function asStepFailure(error: unknown): unknown {
  if (!(error instanceof ExtractionError) || error.failure === "internal_error") return error;
  return new StepFailure(error.failure, error.message);
}

/** Code, colon, sentence: clients read it as the reason. */
export function reasonOf(error: unknown): string {
  const { code, message } = failureOf(error);
  return `${code}: ${message}`;
}

/** A task's failure by an error that ended its steps. */
export function taskFailure(error: unknown): TaskFailure {
  const { code, message } = failureOf(error);
  return new TaskFailure(code, message);
}

/** Codes of the engine, in the words of the documents API. */
const WORDS: Readonly<Record<string, string>> = { handler_error: "internal_error", step_timeout: "timeout" };

function failureOf(error: unknown): { code: string; message: string } {
  if (!(error instanceof StepError)) return { code: "internal_error", message: "It could not be read." };
  const { code, message } = error.failure;
  return { code: WORDS[code] ?? code, message };
}
