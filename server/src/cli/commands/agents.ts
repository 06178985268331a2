import type { Agent, AgentUpdate, Json, JsonObject, NewAgent } from "@waybill/sdk";
import { type Command, InvalidArgumentError } from "commander";
import { jsonOrFile, wholeNumber, words } from "../arguments.ts";
import { addConnectionFlags, type ConnectionFlags, talkTo } from "../connection.ts";
import { BAD_USAGE, Exit } from "../exit.ts";
import { table } from "../terminal/table.ts";
import { openTerminal, type Screen } from "../terminal/terminal.ts";
import { harmless } from "../terminal/text-width.ts";

type Flags = ConnectionFlags & { json?: boolean };
/** Fields that a flag names beat those of `from`. */
type FieldFlags = Flags & {
  from?: JsonObject;
  name?: string;
  description?: string;
  instructions?: string;
  model?: string;
  tools?: string[];
  collaborators?: string[];
  reach?: string[];
  knowledgeBases?: string[];
  mode?: string;
  maxTurns?: number;
  hidden?: boolean;
};
type CreateFlags = FieldFlags & { slug?: string };
type UpdateFlags = FieldFlags & { seen?: number };

/** What else does not fit is the server's to say: it names the field. */
function isNewAgent(fields: object): fields is NewAgent {
  return "name" in fields && typeof fields.name === "string";
}

/** `waybill agents`: who there is to ask, and one's own. */
export function addAgents(program: Command): void {
  const agents = program
    .command("agents")
    .description("list, show, make, change and remove agents")
    .addHelpText("after", "\nAlone, it lists them. Agents of the server's configuration change there, and\nnot here.");
  withFlags(
    agents
      .command("list", { isDefault: true })
      .description("list the agents of the configuration and of your tenant")
      .option("--hidden", "hidden ones too"),
  ).action((flags: Flags & { hidden?: boolean }) => list(flags));
  withFlags(agents.command("show").description("print an agent").argument("<agent>", "its slug or id")).action(
    (slug: string, flags: Flags) =>
      talkTo(flags, async (client) => {
        const { out } = openTerminal();
        const agent = await client.agents.get(slug);
        out.write(flags.json ? `${JSON.stringify(agent)}\n` : shown(agent));
      }),
  );
  withFields(
    agents
      .command("create")
      .description("make an agent, of flags or of JSON; its slug is printed")
      .option("--slug <SLUG>", "what it is called in commands and paths; made of the name when absent"),
  ).action((flags: CreateFlags) => create(flags));
  withFields(
    agents
      .command("update")
      .description("change what is named of an agent; in JSON null puts a field back to its default")
      .argument("<agent>", "its slug or id")
      .option("--seen <VERSION>", "refuse when this is not its version any more", wholeNumber),
  ).action((slug: string, flags: UpdateFlags) => update(slug, flags));
  withFlags(
    agents.command("remove").description("remove agents; their tasks stay").argument("<agent...>", "slugs or ids"),
  ).action((slugs: string[], flags: Flags) =>
    talkTo(flags, async (client) => {
      const { out, talk } = openTerminal();
      for (const slug of slugs) {
        await client.agents.delete(slug);
        if (flags.json) out.write(`${JSON.stringify({ removed: slug })}\n`);
        else talk.write(`Removed ${slug}.\n`);
      }
    }),
  );
}

function withFlags(command: Command): Command {
  return addConnectionFlags(command).option("--json", "print JSON, one object a line");
}

function withFields(command: Command): Command {
  return withFlags(command)
    .option("-f, --from <JSON>", "its fields as the API names them: JSON, @FILE or @- for stdin", objectOrFile)
    .option("--name <NAME>", "its name")
    .option("--description <TEXT>", "what it is for")
    .option("--instructions <TEXT>", "what it is told before each question")
    .option("--model <MODEL>", "PROVIDER:MODEL")
    .option("--tools <TOOL,…>", "the tools that it has", words)
    .option("--collaborators <AGENT,…>", "the agents that it may ask", words)
    .option("--reach <HOST,…>", "the hosts that its tools may reach", words)
    .option("--knowledge-bases <STORE,…>", "ids of the vector stores that it searches", words)
    .option("--mode <MODE>", "simple, standard, …")
    .option("--max-turns <N>", "calls of its model at most", wholeNumber)
    .option("--hidden", "leave it out of lists")
    .option("--no-hidden", "show it in lists");
}

function objectOrFile(text: string): JsonObject {
  const value: Json = jsonOrFile(text);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new InvalidArgumentError("It is no JSON object.");
}

function fieldsOf({ from, ...flags }: FieldFlags): JsonObject {
  const { name, description, instructions, model, tools, collaborators, reach, mode, hidden } = flags;
  const given = { name, description, instructions, model, tools, collaborators, reach, mode, hidden };
  const named = { ...given, knowledge_bases: flags.knowledgeBases, max_turns: flags.maxTurns };
  return { ...from, ...Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined)) };
}

function list(flags: Flags & { hidden?: boolean }): Promise<void> {
  return talkTo(flags, async (client) => {
    const { out } = openTerminal();
    const agents = await client.agents.list({ hidden: flags.hidden ?? false });
    if (flags.json) for (const agent of agents) out.write(`${JSON.stringify(agent)}\n`);
    else out.write(agentTable(agents, out));
  });
}

function create({ slug, ...flags }: CreateFlags): Promise<void> {
  const fields = { ...fieldsOf(flags), ...(slug !== undefined && { slug }) };
  if (!isNewAgent(fields)) throw new Exit(BAD_USAGE, "An agent has a name: --name, or in --from.");
  return talkTo(flags, async (client) => {
    const { out } = openTerminal();
    const agent = await client.agents.create(fields);
    out.write(flags.json ? `${JSON.stringify(agent)}\n` : `${agent.slug}\n`);
  });
}

function update(slug: string, { seen, ...flags }: UpdateFlags): Promise<void> {
  const fields: AgentUpdate = fieldsOf(flags);
  if (Object.keys(fields).length === 0) throw new Exit(BAD_USAGE, "Nothing to change: name a field, or --from.");
  return talkTo(flags, async (client) => {
    const { out, talk } = openTerminal();
    const before = seen === undefined ? undefined : { ...(await client.agents.get(slug)), version: seen };
    const agent = await client.agents.update(slug, fields, before && { seen: before });
    if (flags.json) out.write(`${JSON.stringify(agent)}\n`);
    else talk.write(`Changed ${agent.slug}: version ${agent.version}.\n`);
  });
}

function agentTable(agents: readonly Agent[], screen: Screen): string {
  return table<Agent>(
    [
      { title: "AGENT", cell: ({ slug }) => slug, style: () => "bold" },
      { title: "OF", cell: ({ created_by }) => created_by ?? "(configuration)" },
      { title: "MODE", cell: ({ mode }) => mode },
      { title: "MODEL", cell: ({ model }) => model ?? "(the server's default)" },
      { title: "TOOLS", cell: ({ tools }) => (tools === null ? "(all built in)" : tools.join(", ")), shrinks: true },
      { title: "ABOUT", cell: ({ name, description }) => description || name, shrinks: true },
    ],
    agents,
    screen,
  );
}

function shown(agent: Agent): string {
  const { instructions, ...facts } = agent;
  const lines = Object.entries(facts).map(([name, value]) => {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    return `${name.padEnd(20)} ${harmless(text)}`;
  });
  return `${lines.join("\n")}\n${instructions === null ? "" : `\n${harmless(instructions)}\n`}`;
}
