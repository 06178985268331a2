/** Builds the parts from a configuration, starts and stops them; the only file that knows every concrete class. */
import type { Config } from "./config.ts";

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

export type Running = {
  /** Root URL of the main listener. */
  url: string;
  /** Root URLs of the lenses that have a port of their own. */
  lensUrls: Readonly<Record<string, string>>;
  /** What to tell the person who started it. */
  greeting: string;
  /** Stops taking, lets running steps end within the grace time, and closes. */
  stop: () => Promise<void>;
  /** Cuts a stop short. */
  hurry: () => void;
};

export async function startServer(config: Config): Promise<Running> {
  throw new StartError(`not in this checkout: ${config.mode}`);
}
