/** Why a call to somebody else gave no answer: a code, a sentence for people, and what the engine's retries go by. */
export class CallError extends Error {
  override readonly name: string = "CallError";
  readonly code: string;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(code: string, message: string, retryable: boolean, retryAfterMs?: number) {
    super(message);
    this.code = code;
    this.retryable = retryable;
    this.retryAfterMs = retryAfterMs;
  }
}
