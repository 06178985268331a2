/** What a person reads who starts a server at a terminal: where everything is, and three commands to paste. */
import type { Config } from "./config.ts";
import { DEVELOPMENT_KEY } from "./http/authentication.ts";

export type GreetingFacts = {
  config: Config;
  host: { url: string; lensUrls: Readonly<Record<string, string>> };
  defaultModel: string;
  version: string;
};

export function greetingOf({ config, host, defaultModel, version }: GreetingFacts): string {
  const { url, lensUrls } = host;
  const development = config.mode === "dev";
  const shannon = lensUrls["shannon"] ?? `${url}/shannon`;
  const offline = defaultModel.startsWith("local:");
  const places = [
    ["Dashboard", `${url}/dashboard/`],
    ["Native API", `${url}/v1   (docs: ${url}/docs)`],
    ["Shannon API", `${shannon}/api/v1${development ? `   (key: ${DEVELOPMENT_KEY})` : ""}`],
    ["Data", config.data],
    ["Model", offline ? `${defaultModel}, offline; for a real one set OPENAI_API_KEY or --model` : defaultModel],
  ];
  const key = development ? "" : " -H 'Authorization: Bearer '$WAYBILL_API_KEY";
  const shannonKey = development ? DEVELOPMENT_KEY : "'$WAYBILL_API_KEY'";
  const json = "-H 'Content-Type: application/json'";
  return [
    "",
    `  Waybill ${version} is ready${development ? ": this machine only, no key needed" : ""}.`,
    "",
    ...places.map(([name = "", place]) => `  ${name.padEnd(12)} ${place}`),
    "",
    "  Try:",
    "",
    `    curl -s${key} ${json} '${url}/v1/tasks?wait=30' -d '{"input":{"query":"What is the capital of France?"}}'`,
    `    curl -s${key} '${url}/v1/tasks?limit=5'`,
    `    curl -s -H 'X-API-Key: ${shannonKey}' ${json} ${shannon}/api/v1/tasks -d '{"query":"What is 17 * 23?"}'`,
    "",
    "",
  ].join("\n");
}
