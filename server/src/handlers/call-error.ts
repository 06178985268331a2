/** Why a call to another server failed: a code, a sentence for people, and whether and when the engine may retry. */
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
