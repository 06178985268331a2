/** What a person reads who starts a server at a terminal: where everything is, and three commands to paste. */
import type { Config } from "./config.ts";
import { DEVELOPMENT_KEY } from "./http/keys/authentication.ts";
import type { Lens } from "./lenses/lens.ts";
import type { Models } from "./models/model.ts";
import { isTerminal } from "./task/states.ts";
import type { Task } from "./task/task.ts";
import { VERSION } from "./version.ts";

export type Greeted = {
  config: Config;
  host: { url: string; lensUrls: Readonly<Record<string, string>> };
  lenses: readonly Lens[];
  models: Pick<Models, "defaultModel" | "providers">;
  /** What `goingOn` says. */
  goesOn: readonly string[];
};

/** Tasks that are named which go on after the end of the process before this one. */
const GOING_ON_SHOWN = 5;
const NAMES_SHOWN = 12;

export function greetingOf({ config, host, lenses, models, goesOn }: Greeted): string {
  const { defaultModel } = models;
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
    ...configurationOf(config, models.providers()),
    ["Model", offline ? `${defaultModel}, offline; for a real one set OPENAI_API_KEY or --model` : defaultModel],
  ];
  return [
    "",
    `  Waybill ${VERSION} is ready${development ? ": this machine only, no key needed" : ""}.`,
    "",
    ...places.map(([name = "", place]) => `  ${name.padEnd(12)} ${place}`),
    ...(goesOn.length > 0 ? ["", ...goesOn.map((line) => `  ${line}`)] : []),
    "",
    "  Try:",
    "",
    ...greetings.flatMap(({ commands }) => commands.map((command) => `    ${command}`)),
    "",
    "",
  ].join("\n");
}

/** What the configuration file adds to a server. */
export function configurationOf(
  { file, agents, handlers, tools }: Pick<Config, "file" | "agents" | "handlers" | "tools">,
  providers: readonly string[],
): [name: string, value: string][] {
  if (file === null) return [["Config", "none; waybill init writes one"]];
  const named = (name: string, all: readonly string[]): [string, string][] => {
    const more = all.length > NAMES_SHOWN ? `, and ${all.length - NAMES_SHOWN} more` : "";
    return all.length === 0 ? [] : [[name, all.slice(0, NAMES_SHOWN).join(", ") + more]];
  };
  return [
    ["Config", file],
    ...named(
      "Agents",
      agents.map(({ slug }) => slug),
    ),
    ...named(
      "Kinds",
      handlers.map(({ kind }) => kind),
    ),
    ...named(
      "Tools",
      tools.map(({ name }) => name),
    ),
    ...named("Providers", providers),
  ];
}

/** A task that was in flight when the process before this one ended, and its steps whose bodies ran. */
type Flight = { task: Task["id"]; steps: readonly string[] };

/** What a start goes on with, as its engine knows it. */
type Started = {
  transitions: { find: (id: Task["id"]) => Promise<Task | null> };
  recovering: { read: number; all: number } | null;
};

/**
 * Which of these tasks go on now, and where: a line for how many there are, and one for each of the first. Where others are on
 * their way into memory, a line says so.
 */
export async function goingOn(
  flights: readonly Flight[],
  { transitions: tasks, recovering }: Started,
): Promise<string[]> {
  return [...(await flightsOn(flights, tasks)), ...loadingLine(recovering)];
}

function loadingLine(recovering: Started["recovering"]): string[] {
  if (recovering === null || recovering.all === 0) return [];
  const counts = [recovering.read, recovering.all].map((count) => count.toLocaleString("en"));
  return [`${counts.join(" of about ")} open tasks are in memory; the others follow.`];
}

async function flightsOn(flights: readonly Flight[], tasks: Started["transitions"]): Promise<string[]> {
  const found = await Promise.all(
    flights.map(async ({ task: id, steps }) => ({ task: await tasks.find(id).catch(() => null), steps })),
  );
  const open = found.flatMap(({ task, steps }) => (task && !isTerminal(task.state) ? [{ task, steps }] : []));
  if (open.length === 0) return [];
  const shown = open.slice(0, GOING_ON_SHOWN).map(({ task, steps }) => {
    const place = steps.length === 0 ? "" : ` at ${steps.map((name) => `"${name}"`).join(" and ")}`;
    return `  ${task.kind}${place}  ${task.id}`;
  });
  const more = open.length > GOING_ON_SHOWN ? [`  and ${open.length - GOING_ON_SHOWN} more`] : [];
  return [`${open.length === 1 ? "1 task goes on" : `${open.length} tasks go on`}:`, ...shown, ...more];
}
