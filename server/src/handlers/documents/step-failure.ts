/** An error that trying again does not mend: what the engine's retries go by, and the code that the task fails with. */
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

/** What reading a file has come to: the same file fails the same way each time, unless the fault was ours. */
export function asStepFailure(error: unknown): unknown {
  if (!(error instanceof ExtractionError) || error.failure === "internal_error") return error;
  return new StepFailure(error.failure, error.message);
}

/** Machine word, colon, sentence: what clients read as the reason. */
export function reasonOf(error: unknown): string {
  const { code, message } = failureOf(error);
  return `${code}: ${message}`;
}

/** The end of a task by an error that its steps could not get over. */
export function taskFailure(error: unknown): TaskFailure {
  const { code, message } = failureOf(error);
  return new TaskFailure(code, message);
}

/** The engine's own words for what a step came to, in those of the documents. */
const WORDS: Readonly<Record<string, string>> = { handler_error: "internal_error", step_timeout: "timeout" };

function failureOf(error: unknown): { code: string; message: string } {
  if (!(error instanceof StepError)) return { code: "internal_error", message: "It could not be read." };
  const { code, message } = error.failure;
  return { code: WORDS[code] ?? code, message };
}
