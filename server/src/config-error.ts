import { secretsOf, withoutSecrets } from "./task/text/redaction.ts";

/** A flag, a variable or a configuration file that cannot be: a sentence for whoever wrote it, and exit code 2. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";

  /** What was thrown while a file was read may repeat the keys that stand there. */
  constructor(message: string) {
    super(withoutSecrets(message, secretsOf(process.env)));
  }
}
