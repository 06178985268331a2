/**
 * The packages of OpenAI and Anthropic make a provider of their own when they are imported, and throw if the environment has an empty
 * address, as compose files pass on an unset one. Our configuration reads an empty address as none.
 */
const NAMES = ["OPENAI_BASE_URL", "ANTHROPIC_BASE_URL"];

/** To be called before either is imported. */
export function dropBlankAddresses(env: NodeJS.ProcessEnv = process.env): void {
  for (const name of NAMES) if (env[name]?.trim() === "") delete env[name];
}
