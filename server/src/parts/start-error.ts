/** The server cannot start: a sentence for its operator. */
export class StartError extends Error {
  override readonly name = "StartError";
  /** The request cannot be met on any machine, as opposed to something that this machine lacks. */
  readonly badUsage: boolean;

  constructor(message: string, badUsage = false) {
    super(message);
    this.badUsage = badUsage;
  }
}

export function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
