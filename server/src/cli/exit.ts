/** Ends a command: the sentence goes to stderr, the code to the shell. */
export class Exit extends Error {
  override readonly name = "Exit";
  readonly code: number;

  constructor(code: number, message = "") {
    super(message);
    this.code = code;
  }
}

/** Flags or a configuration that cannot be. */
export const BAD_USAGE = 2;
