/** The server cannot start: a sentence for whoever started it. */
export class StartError extends Error {
  override readonly name = "StartError";
  /** What was asked for cannot be, as against what the machine does not give. */
  readonly badUsage: boolean;

  constructor(message: string, badUsage = false) {
    super(message);
    this.badUsage = badUsage;
  }
}

export function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
