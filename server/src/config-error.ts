/** A flag, a variable or a configuration file that cannot be: a sentence for whoever wrote it, and exit code 2. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}
