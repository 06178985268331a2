/** Faults in what the command line makes of data, of a configuration that changes, and of answers that do not fit. */
const jq = "server/src/cli/jq.ts";
const reload = "server/src/cli/config-reload.ts";
const files = "server/src/cli/file-watch.ts";
const loaded = "server/src/cli/loaded-files.ts";

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: these are texts of other files
export const TERMINAL = [
  {
    file: jq,
    name: "what-jq-has-made-before-its-error-is-lost",
    find: "return { made, failure: unfit(errorText(result.error)) };",
    put: 'return { made: "", failure: unfit(errorText(result.error)) };',
  },
  {
    file: jq,
    name: "no-expression-is-bad-usage",
    find: "throw new Exit(BAD_USAGE, `--jq",
    put: "throw new Exit(1, `--jq",
  },
  {
    file: reload,
    name: "a-broken-configuration-is-started-with",
    find: "if (wrong === null) {",
    put: "if (wrong !== undefined) {",
  },
  {
    file: reload,
    name: "a-port-that-was-found-changes-with-the-configuration",
    find: 'config.port === 0 ? ["--port", portOf(url)] : []',
    put: "config.port === 0 ? [] : []",
  },
  {
    file: files,
    name: "a-file-that-is-written-again-has-changed",
    find: "return content === known ? [] : [file];",
    put: "return known === undefined ? [] : [file];",
  },
  {
    file: loaded,
    name: "what-a-configuration-imports-is-not-watched",
    find: "return [...new Set([configFile, ...own])];",
    put: "return [...new Set([configFile, ...own.slice(0, 0)])];",
  },
];
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: these are texts of other files
