import { existsSync } from "node:fs";
import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import { makeFolder } from "../../store/make-folder.ts";
import { Exit } from "../exit.ts";
import { openTerminal } from "../terminal/terminal.ts";

const FILE = "waybill.config.ts";
const DATA_FOLDER = ".waybill/";

const CONFIGURATION = `import { defineAgent, defineConfig, defineHandler, defineTool } from "waybill";
import { z } from "zod";

/** What an agent can call. What it throws, the model is told. */
const weather = defineTool({
  name: "weather",
  description: "Tells the weather in a city.",
  input: z.strictObject({ city: z.string().min(1) }),
  run: ({ city }) => \`It is sunny in \${city}.\`,
});

/** Whom a submit without a kind asks. Without a key of a provider it answers with the offline model. */
const assistant = defineAgent({
  slug: "assistant",
  name: "Assistant",
  description: "Answers questions, and knows the weather.",
  instructions: "Answer briefly. Look the weather up before you speak of it.",
  tools: ["weather", "calculator"],
});

/** A kind of your own: what a step has brought is on disk, and is not done again after a crash. */
const greeting = defineHandler({
  kind: "greeting",
  version: 1,
  input: z.strictObject({ name: z.string().min(1) }),
  async run(ctx, { name }): Promise<string> {
    const words = await ctx.step("words", async () => \`Hello, \${name}!\`);
    await ctx.sleep("a moment", 1_000);
    return words;
  },
});

export default defineConfig({ agents: [assistant], tools: [weather], handlers: [greeting] });
`;

/** `waybill init`: a configuration to begin with. */
export function addInit(program: Command): void {
  program
    .command("init")
    .description(`write a ${FILE} to begin with: an agent, a tool and a kind of your own`)
    .argument("[folder]", "where; it is made when it is not there", ".")
    .action(async (folder: string) => {
      const { out, talk } = openTerminal();
      const path = resolve(folder, FILE);
      await makeFolder(folder);
      await writeFile(path, CONFIGURATION, { flag: "wx" }).catch((error: NodeJS.ErrnoException) => {
        if (error.code === "EEXIST") throw new Exit(1, `${path} is there already, and stays as it is.`);
        throw error;
      });
      out.write(`${path}\n`);
      await leaveOutOfGit(folder);
      talk.write(
        `Start it there with: waybill dev\nThen: waybill submit "Use the weather tool for Oslo." --watch\n` +
          `And: waybill submit --kind greeting --input '{"name": "Ada"}' --watch\n`,
      );
    });
}

/** The data folder is no source. */
async function leaveOutOfGit(folder: string): Promise<void> {
  if (!existsSync(join(folder, ".git"))) return;
  const path = join(folder, ".gitignore");
  const ignored = existsSync(path) ? await readFile(path, "utf8") : "";
  if (ignored.split(/\r?\n/).includes(DATA_FOLDER)) return;
  await appendFile(path, `${ignored === "" || ignored.endsWith("\n") ? "" : "\n"}${DATA_FOLDER}\n`);
}
