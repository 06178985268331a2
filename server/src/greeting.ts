/** What a person reads who starts a server at a terminal: where everything is, and three commands to paste. */
import type { Config } from "./config.ts";
import { DEVELOPMENT_KEY } from "./http/authentication.ts";
import type { Lens } from "./lenses/lens.ts";

export type Greeted = {
  config: Config;
  host: { url: string; lensUrls: Readonly<Record<string, string>> };
  lenses: readonly Lens[];
  defaultModel: string;
  version: string;
};

export function greetingOf({ config, host, lenses, defaultModel, version }: Greeted): string {
  const { url, lensUrls } = host;
  const development = config.mode === "dev";
  const greetings = lenses.map(({ name, mount, greeting }) =>
    greeting({ url: lensUrls[name] ?? url + mount, development, developmentKey: DEVELOPMENT_KEY }),
  );
  const offline = defaultModel.startsWith("local:");
  const places = [
    ["Dashboard", `${url}/dashboard/`],
    ...greetings.map(({ title, place }) => [title, place]),
    ["Data", config.data],
    ["Model", offline ? `${defaultModel}, offline; for a real one set OPENAI_API_KEY or --model` : defaultModel],
  ];
  return [
    "",
    `  Waybill ${version} is ready${development ? ": this machine only, no key needed" : ""}.`,
    "",
    ...places.map(([name = "", place]) => `  ${name.padEnd(12)} ${place}`),
    "",
    "  Try:",
    "",
    ...greetings.flatMap(({ commands }) => commands.map((command) => `    ${command}`)),
    "",
    "",
  ].join("\n");
}
